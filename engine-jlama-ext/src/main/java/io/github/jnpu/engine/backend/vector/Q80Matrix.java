package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Q8_0: blocks of 32 weights, an F16 scale and 32 signed bytes. */
final class Q80Matrix extends VectorMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 34;

    Q80Matrix(ModelTensor tensor) {
        super(tensor);
    }

    @Override
    public void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow, Scratch scratch) {
        int blocks = columns / BLOCK;
        for (int row = fromRow; row < toRow; row++) {
            long at = row * rowBytes;
            FloatVector total = FloatVector.zero(F);
            for (int block = 0; block < blocks; block++) {
                float scale = Float.float16ToFloat(data.get(HALF, at));
                int x = block * BLOCK;
                FloatVector sum = FloatVector.zero(F);
                for (int i = 0; i < BLOCK; i += B.length()) {
                    ByteVector weights = ByteVector.fromMemorySegment(B, data, at + 2 + i, ByteOrder.LITTLE_ENDIAN);
                    sum = ((FloatVector) weights.castShape(F, 0)).fma(FloatVector.fromArray(F, input, x + i), sum);
                    if (TWO_PARTS) {
                        sum = ((FloatVector) weights.castShape(F, 1))
                                .fma(FloatVector.fromArray(F, input, x + i + F.length()), sum);
                    }
                }
                total = sum.fma(FloatVector.broadcast(F, scale), total);
                at += BLOCK_BYTES;
            }
            output[outputOffset + row] = Lanes.sum(total);
        }
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        int blocks = count / BLOCK;
        long at = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        for (int block = 0; block < blocks; block++) {
            FloatVector scale = FloatVector.broadcast(F, Float.float16ToFloat(data.get(HALF, at)));
            int y = offset + block * BLOCK;
            for (int i = 0; i < BLOCK; i += B.length()) {
                ByteVector weights = ByteVector.fromMemorySegment(B, data, at + 2 + i, ByteOrder.LITTLE_ENDIAN);
                ((FloatVector) weights.castShape(F, 0)).mul(scale).intoArray(target, y + i);
                if (TWO_PARTS) {
                    ((FloatVector) weights.castShape(F, 1)).mul(scale).intoArray(target, y + i + F.length());
                }
            }
            at += BLOCK_BYTES;
        }
    }
}
