package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Q4_K: super-blocks of 256 weights with F16 scales for 8 six-bit scales and 8 six-bit minimums, one of each for 32 weights;
 * {@code weight = d * scale * nibble - dmin * minimum}. 64 weights share 32 bytes: the low nibbles are the first half.
 */
final class Q4KMatrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final float[] HALVES = HalfTable.FLOATS;
    private static final int BLOCK = 256;
    private static final int BLOCK_BYTES = 144;
    private static final int SUB_BLOCK = 32;
    private static final int SCALES_AT = 4;
    private static final int NIBBLES_AT = 16;
    private static final ValueLayout.OfInt INT_LE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Factors of a block: 8 scales, then 8 minimums. */
    private static final int FACTORS = 16;
    /** Where a block's factors are in scratch; behind them, for each block, 8 zeros and 8 negative sums of the input. */
    private static final int FACTORS_AT = SUMS;
    private static final int INPUT_SUMS_AT = FACTORS_AT + FACTORS;

    Q4KMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    public int scratchFloats(int tokens) {
        return Math.max(super.scratchFloats(tokens), INPUT_SUMS_AT + columns / BLOCK * FACTORS);
    }

    /** The minimums multiply sums of the input, which are the same for every row. */
    @Override
    void prepare(float[] input, Scratch scratch) {
        for (int block = 0; block < columns / BLOCK; block++) {
            for (int sub = 0; sub < FACTORS / 2; sub++) {
                float sum = 0;
                for (int i = 0; i < SUB_BLOCK; i++) {
                    sum -= input[block * BLOCK + sub * SUB_BLOCK + i];
                }
                int at = INPUT_SUMS_AT + block * FACTORS + sub;
                scratch.floats()[at] = 0;
                scratch.floats()[at + FACTORS / 2] = sum;
            }
        }
    }

    /** Writes a block's scales and minimums as floats. */
    private static void readFactors(long block, float[] factors, int at) {
        float d = HALVES[MEMORY.get(HALF, block) & 0xffff];
        float dmin = HALVES[MEMORY.get(HALF, block + 2) & 0xffff];
        // Scales and minimums 0 to 3 are the low six bits of their bytes; of 4 to 7 the low four bits are in bytes 8 to 11 and
        // the high two on top of bytes 0 to 3 and 4 to 7.
        int scales = MEMORY.get(INT_LE, block + SCALES_AT);
        int minimums = MEMORY.get(INT_LE, block + SCALES_AT + 4);
        int low = MEMORY.get(INT_LE, block + SCALES_AT + 8);
        int laterScales = low & 0x0f0f0f0f | scales >>> 2 & 0x30303030;
        int laterMinimums = low >>> 4 & 0x0f0f0f0f | minimums >>> 2 & 0x30303030;
        for (int i = 0; i < 4; i++) {
            factors[at + i] = d * (scales >>> 8 * i & 63);
            factors[at + i + 4] = d * (laterScales >>> 8 * i & 63);
            factors[at + i + 8] = dmin * (minimums >>> 8 * i & 63);
            factors[at + i + 12] = dmin * (laterMinimums >>> 8 * i & 63);
        }
    }

    @Override
    void multiplyFour(float[] input, Scratch scratch, int at, long row0, long row1, long row2, long row3) {
        multiplyRow(input, scratch.floats(), at, row0);
        multiplyRow(input, scratch.floats(), at + F.length(), row1);
        multiplyRow(input, scratch.floats(), at + 2 * F.length(), row2);
        multiplyRow(input, scratch.floats(), at + 3 * F.length(), row3);
    }

    /** One row: two would be more than C2 compiles in one piece, see {@link PackedProduct}. */
    private void multiplyRow(float[] input, float[] factors, int first, long row0) {
        FloatVector t0 = FloatVector.zero(F);
        for (int x = 0; x < columns; x += BLOCK) {
            readFactors(row0, factors, FACTORS_AT);
            for (int i = 0; i < FACTORS; i += F.length()) {
                FloatVector sums = FloatVector.fromArray(F, factors, INPUT_SUMS_AT + x / BLOCK * FACTORS + i);
                t0 = FloatVector.fromArray(F, factors, FACTORS_AT + i).fma(sums, t0);
            }
            for (int pair = 0; pair < 4; pair++) {
                int v = x + pair * 2 * SUB_BLOCK;
                long nibbles = NIBBLES_AT + pair * SUB_BLOCK;
                FloatVector low0 = FloatVector.zero(F);
                FloatVector high0 = FloatVector.zero(F);
                for (int i = 0; i < SUB_BLOCK; i += F.length()) {
                    FloatVector low = FloatVector.fromArray(F, input, v + i);
                    FloatVector high = FloatVector.fromArray(F, input, v + SUB_BLOCK + i);
                    int part = i % B.length() / F.length();
                    IntVector p0 = (IntVector) ByteVector
                            .fromMemorySegment(B, MEMORY, row0 + nibbles + i / B.length() * B.length(),
                                    ByteOrder.LITTLE_ENDIAN)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                    low0 = ((FloatVector) p0.and(15).convert(VectorOperators.I2F, 0)).fma(low, low0);
                    high0 = ((FloatVector) p0.lanewise(VectorOperators.LSHR, 4).convert(VectorOperators.I2F, 0)).fma(
                            high,
                            high0);
                }
                t0 = low0.fma(FloatVector.broadcast(F, factors[FACTORS_AT + 2 * pair]), t0);
                t0 = high0.fma(FloatVector.broadcast(F, factors[FACTORS_AT + 2 * pair + 1]), t0);
            }
            row0 += BLOCK_BYTES;
        }
        t0.intoArray(factors, first);
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        long at = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        for (int block = 0; block < count / BLOCK; block++) {
            float d = Float.float16ToFloat(data.get(HALF, at));
            float dmin = Float.float16ToFloat(data.get(HALF, at + 2));
            for (int sub = 0; sub < 8; sub++) {
                // As in multiplyOne.
                int low = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub % 4 + (sub < 4 ? 0 : 8)) & 0xff;
                int scale = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub % 4) & 0xff;
                int minimum = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub % 4 + 4) & 0xff;
                FloatVector factor = FloatVector.broadcast(F, d * (sub < 4 ? scale & 63 : low & 15 | scale >> 6 << 4));
                FloatVector shift = FloatVector.broadcast(F,
                        dmin * (sub < 4 ? minimum & 63 : low >> 4 | minimum >> 6 << 4));
                int y = offset + block * BLOCK + sub * SUB_BLOCK;
                long nibbles = at + NIBBLES_AT + sub / 2 * SUB_BLOCK;
                for (int i = 0; i < SUB_BLOCK; i += B.length()) {
                    ByteVector packed = ByteVector.fromMemorySegment(B, data, nibbles + i, ByteOrder.LITTLE_ENDIAN);
                    // A shift by nothing or by four: a choice between two vectors would be boxed now and then.
                    ByteVector q = packed.reinterpretAsInts().lanewise(VectorOperators.LSHR, sub % 2 * 4)
                            .reinterpretAsBytes().and((byte) 0xf);
                    ((FloatVector) q.convertShape(VectorOperators.B2F, F, 0)).mul(factor).sub(shift).intoArray(target,
                            y + i);
                    if (TWO_PARTS) {
                        ((FloatVector) q.convertShape(VectorOperators.B2F, F, 1)).mul(factor).sub(shift)
                                .intoArray(target, y + i + F.length());
                    }
                }
            }
            at += BLOCK_BYTES;
        }
    }
}
