package io.github.jnpu.engine.backend.onnxruntime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.github.jnpu.convert.onnx.ElementType;
import io.github.jnpu.engine.backend.BackendException;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Tensors over memory outside of the heap, which the library uses where it lies: whoever owns it keeps it until they are closed. */
final class NativeTensor {
    private NativeTensor() {}

    static OnnxTensor of(ElementType type, MemorySegment memory, long... dims) {
        ByteBuffer buffer = memory.asByteBuffer().order(ByteOrder.nativeOrder());
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try {
            return switch (type) {
                case FLOAT -> OnnxTensor.createTensor(environment, buffer.asFloatBuffer(), dims);
                case INT32 -> OnnxTensor.createTensor(environment, buffer.asIntBuffer(), dims);
                case INT64 -> OnnxTensor.createTensor(environment, buffer.asLongBuffer(), dims);
                case UINT8 -> OnnxTensor.createTensor(environment, buffer, dims, OnnxJavaType.UINT8);
                case INT8 -> OnnxTensor.createTensor(environment, buffer, dims, OnnxJavaType.INT8);
                case INT4 -> throw new BackendException("ONNX Runtime's Java API has no tensors of int4");
                case FLOAT16 -> OnnxTensor.createTensor(environment, buffer, dims, OnnxJavaType.FLOAT16);
            };
        } catch (OrtException e) {
            throw OrtFailure.of("take a tensor", e);
        }
    }
}
