package io.github.jnpu.engine.backend.reference;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.cpu.Kernels;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Plain loops, written to be read. */
public final class ScalarKernels implements Kernels {
    // Pages are ours and start on 64 bytes; the byte order is the machine's, no file is involved.
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.nativeOrder());
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.nativeOrder());

    @Override
    public WeightMatrix prepare(ModelTensor weight, Arena arena) {
        return new ScalarMatrix(weight);
    }

    @Override
    public boolean supports(ModelTensor weight) {
        return Dequantizer.supports(weight.type());
    }

    @Override
    public void rmsNorm(float[] input, int inputOffset, float[] gain, float epsilon, float[] output, int outputOffset) {
        double squares = 0;
        for (int i = 0; i < gain.length; i++) {
            squares += (double) input[inputOffset + i] * input[inputOffset + i];
        }
        float scale = (float) (1 / Math.sqrt(squares / gain.length + epsilon));
        for (int i = 0; i < gain.length; i++) {
            output[outputOffset + i] = input[inputOffset + i] * scale * gain[i];
        }
    }

    @Override
    public void gate(Activation activation, float[] gate, float[] up, float[] output, int from, int to) {
        for (int i = from; i < to; i++) {
            output[i] = activate(activation, gate[i]) * up[i];
        }
    }

    /** An activation of one number. */
    public static float activate(Activation activation, float x) {
        return switch (activation) {
            case SILU -> (float) (x / (1 + Math.exp(-x)));
            // Hendrycks and Gimpel 2016, the approximation by tanh: sqrt(2/pi) = 0.7978845608.
            case GELU -> (float) (0.5 * x * (1 + Math.tanh(0.7978845608 * (x + 0.044715 * x * x * x))));
        };
    }

    @Override
    public void add(float[] left, float[] right, float[] output, int from, int to) {
        for (int i = from; i < to; i++) {
            output[i] = left[i] + right[i];
        }
    }

    @Override
    public void store(float[] source, int offset, int width, MemorySegment page, long byteOffset, KvCacheType type) {
        for (int i = 0; i < width; i++) {
            float value = source[offset + i];
            switch (type) {
                case F32 -> page.set(FLOAT, byteOffset + 4L * i, value);
                case F16 -> page.set(SHORT, byteOffset + 2L * i, Float.floatToFloat16(value));
                case BF16 -> page.set(SHORT, byteOffset + 2L * i, toBFloat16(value));
            }
        }
    }

    /** Rounds to the nearest bfloat16, ties to even; NaN stays NaN. */
    public static short toBFloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    private static float load(MemorySegment page, long byteOffset, int index, KvCacheType type) {
        return switch (type) {
            case F32 -> page.get(FLOAT, byteOffset + 4L * index);
            case F16 -> Float.float16ToFloat(page.get(SHORT, byteOffset + 2L * index));
            case BF16 -> Float.intBitsToFloat(page.get(SHORT, byteOffset + 2L * index) << 16);
        };
    }

    @Override
    public void scores(float[] query, int queryOffset, int width, MemorySegment keys, long byteOffset, int count,
            KvCacheType type, float scale, float[] scores, int scoresOffset) {
        for (int i = 0; i < count; i++) {
            double sum = 0;
            for (int j = 0; j < width; j++) {
                sum += (double) query[queryOffset + j] * load(keys, byteOffset, i * width + j, type);
            }
            scores[scoresOffset + i] = (float) (sum * scale);
        }
    }

    @Override
    public void addWeighted(float[] weights, int weightsOffset, int count, MemorySegment values, long byteOffset,
            int width,
            KvCacheType type, float[] output, int outputOffset) {
        for (int i = 0; i < count; i++) {
            float weight = weights[weightsOffset + i];
            for (int j = 0; j < width; j++) {
                output[outputOffset + j] += weight * load(values, byteOffset, i * width + j, type);
            }
        }
    }

    @Override
    public void softmax(float[] values, int offset, int count) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = offset; i < offset + count; i++) {
            max = Math.max(max, values[i]);
        }
        double sum = 0;
        for (int i = offset; i < offset + count; i++) {
            values[i] = (float) Math.exp(values[i] - max);
            sum += values[i];
        }
        float scale = (float) (1 / sum);
        for (int i = offset; i < offset + count; i++) {
            values[i] *= scale;
        }
    }
}
