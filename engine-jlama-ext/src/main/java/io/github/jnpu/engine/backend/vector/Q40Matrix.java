package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.nio.ByteOrder;

/**
 * Q4_0: blocks of 32 weights, an F16 scale and 16 bytes; weight i is nibble {@code (i % 16, i / 16)} minus 8.
 *
 * <p>A nibble becomes a float without a conversion: put under the exponent of a float whose last bit counts 1 (2^23) or, for the
 * high nibble, whose last bit but four does (2^19), it only takes a subtraction, which also takes the 8 away.
 */
final class Q40Matrix extends VectorMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 18;
    private static final int HALF_BLOCK = BLOCK / 2;
    private static final float LOW = 0x1p23f;
    private static final float HIGH = 0x1p19f;
    private static final int LOW_BITS = Float.floatToRawIntBits(LOW);
    private static final int HIGH_BITS = Float.floatToRawIntBits(HIGH);

    Q40Matrix(ModelTensor tensor) {
        super(tensor);
    }

    @Override
    public void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow, Scratch scratch) {
        int blocks = columns / BLOCK;
        IntVector lowMask = IntVector.broadcast(I, 0x0f);
        IntVector highMask = IntVector.broadcast(I, 0xf0);
        IntVector lowBits = IntVector.broadcast(I, LOW_BITS);
        IntVector highBits = IntVector.broadcast(I, HIGH_BITS);
        FloatVector lowZero = FloatVector.broadcast(F, LOW + 8);
        FloatVector highZero = FloatVector.broadcast(F, HIGH + 8);
        for (int row = fromRow; row < toRow; row++) {
            long at = row * rowBytes;
            FloatVector total = FloatVector.zero(F);
            for (int x = 0; x < blocks * BLOCK; x += BLOCK) {
                FloatVector sum = FloatVector.zero(F);
                for (int i = 0; i < HALF_BLOCK; i += B.length()) {
                    ByteVector bytes = ByteVector.fromMemorySegment(B, data, at + 2 + i, ORDER);
                    IntVector pairs = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
                    sum = pairs.and(lowMask).or(lowBits).reinterpretAsFloats().sub(lowZero)
                            .fma(FloatVector.fromArray(F, input, x + i), sum);
                    sum = pairs.and(highMask).or(highBits).reinterpretAsFloats().sub(highZero)
                            .fma(FloatVector.fromArray(F, input, x + HALF_BLOCK + i), sum);
                    if (TWO_PARTS) {
                        pairs = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 1);
                        sum = pairs.and(lowMask).or(lowBits).reinterpretAsFloats().sub(lowZero)
                                .fma(FloatVector.fromArray(F, input, x + i + F.length()), sum);
                        sum = pairs.and(highMask).or(highBits).reinterpretAsFloats().sub(highZero)
                                .fma(FloatVector.fromArray(F, input, x + HALF_BLOCK + i + F.length()), sum);
                    }
                }
                total = sum.fma(FloatVector.broadcast(F, HalfTable.get(data, at)), total);
                at += BLOCK_BYTES;
            }
            output[outputOffset + row] = Lanes.sum(total);
        }
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        long at = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        for (int y = offset; y < offset + count; y += BLOCK) {
            FloatVector scale = FloatVector.broadcast(F, HalfTable.get(data, at));
            for (int i = 0; i < HALF_BLOCK; i += B.length()) {
                ByteVector bytes = ByteVector.fromMemorySegment(B, data, at + 2 + i, ORDER);
                IntVector pairs = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
                pairs.and(0x0f).or(LOW_BITS).reinterpretAsFloats().sub(LOW + 8).mul(scale).intoArray(target, y + i);
                pairs.and(0xf0).or(HIGH_BITS).reinterpretAsFloats().sub(HIGH + 8).mul(scale)
                        .intoArray(target, y + HALF_BLOCK + i);
                if (TWO_PARTS) {
                    pairs = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 1);
                    pairs.and(0x0f).or(LOW_BITS).reinterpretAsFloats().sub(LOW + 8).mul(scale)
                            .intoArray(target, y + i + F.length());
                    pairs.and(0xf0).or(HIGH_BITS).reinterpretAsFloats().sub(HIGH + 8).mul(scale)
                            .intoArray(target, y + HALF_BLOCK + i + F.length());
                }
            }
            at += BLOCK_BYTES;
        }
    }
}
