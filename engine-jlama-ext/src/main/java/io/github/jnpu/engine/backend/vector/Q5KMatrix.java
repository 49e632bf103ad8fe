package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * Q5_K: super-blocks of 256 weights with F16 scales for 8 six-bit scales and 8 six-bit minimums, one of each for 32 weights, 32
 * bytes of fifth bits and 128 of nibbles; {@code weight = d * scale * q - dmin * minimum}. 64 weights share 32 bytes: the low
 * nibbles are the first half. Byte i of the fifth bits is for weight i of all 8 sub-blocks. Bits become floats as in
 * {@link Q40Matrix}.
 */
final class Q5KMatrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    /** For 8 scales at a time, or half of them. */
    private static final VectorSpecies<Float> EIGHT = F.length() == 4 ? F : FloatVector.SPECIES_256;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final float[] HALVES = HalfTable.FLOATS;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ORDER);
    private static final VectorMask<Float> MINIMUMS = VectorMask.fromLong(EIGHT, 0xf0);
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final int BLOCK = 256;
    private static final int BLOCK_BYTES = 176;
    private static final int SUB_BLOCK = 32;
    private static final int SUB_BLOCKS = BLOCK / SUB_BLOCK;
    private static final int PAIRS = SUB_BLOCKS / 2;
    private static final int MINIMUM_AT = 2;
    private static final int SCALES_AT = 4;
    private static final int FIFTHS_AT = 16;
    private static final int NIBBLES_AT = 48;
    /** Shifts the fifth bits of the first pair, to the left: the one of the high nibble comes to bit 8, on top of it. */
    private static final int HIGH_SHIFT = 7;
    /** Shifts them back: the one of the low nibble comes to bit 4. */
    private static final int LOW_SHIFT = 3;
    private static final float LOW = 0x1p23f;
    private static final float HIGH = 0x1p19f;
    private static final int LOW_BITS = Float.floatToRawIntBits(LOW);
    private static final int HIGH_BITS = Float.floatToRawIntBits(HIGH);
    private static final int LOW_MASK = 0x1f;
    private static final int HIGH_MASK = 0x1f0;
    /** Factors of a block: 4 scales and 4 minimums, then the other 4 of both. */
    private static final int FACTORS = 2 * SUB_BLOCKS;
    /** Blocks of each row whose factors are read ahead of their weights: few enough to stay in the first-level cache. */
    private static final int CHUNK = 4;
    /** Where the factors of four rows' blocks are in scratch; behind them, as many zeros and negative sums of the input. */
    private static final int FACTORS_AT = SUMS;
    private static final int INPUT_SUMS_AT = FACTORS_AT + CHUNK * ROWS * FACTORS;

    Q5KMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    public int scratchFloats(int tokens) {
        return Math.max(super.scratchFloats(tokens), INPUT_SUMS_AT + columns / BLOCK * FACTORS);
    }

    /** The minimums multiply sums of the input, which are the same for every row. */
    @Override
    void prepare(float[] input, Scratch scratch) {
        float[] sums = scratch.floats();
        for (int sub = 0; sub < columns / SUB_BLOCK; sub++) {
            FloatVector sum = FloatVector.fromArray(F, input, sub * SUB_BLOCK);
            for (int i = F.length(); i < SUB_BLOCK; i += F.length()) {
                sum = sum.add(FloatVector.fromArray(F, input, sub * SUB_BLOCK + i));
            }
            sum.intoArray(sums, 0);
            int at = INPUT_SUMS_AT + sub / 4 * 8 + sub % 4;
            sums[at] = 0;
            sums[at + 4] = -Lanes.sum(sums, 0);
        }
    }

    // Scales and minimums 0 to 3 are the low six bits of their bytes; of 4 to 7 the low four bits are in bytes 8 to 11 and the
    // high two on top of bytes 0 to 3 and 4 to 7.

    /** A block's eight scales, a byte each. */
    private static long scales(long block) {
        int first = MEMORY.get(INT, block + SCALES_AT);
        int low = MEMORY.get(INT, block + SCALES_AT + 8);
        return first & 0x3f3f3f3f | (long) (low & 0x0f0f0f0f | first >>> 2 & 0x30303030) << 32;
    }

    /** A block's eight minimums, a byte each. */
    private static long minimums(long block) {
        int first = MEMORY.get(INT, block + SCALES_AT + 4);
        int low = MEMORY.get(INT, block + SCALES_AT + 8);
        return first & 0x3f3f3f3f | (long) (low >>> 4 & 0x0f0f0f0f | first >>> 2 & 0x30303030) << 32;
    }

    /** Writes a row's scales and minimums as floats, those of its next block behind those of all rows. */
    private static void readFactors(long block, int blocks, float[] factors, int first) {
        int at = first;
        for (int b = 0; b < blocks; b++) {
            float d = HALVES[MEMORY.get(HALF, block) & 0xffff];
            float dmin = HALVES[MEMORY.get(HALF, block + MINIMUM_AT) & 0xffff];
            long begin = MEMORY.get(LONG, block + SCALES_AT);
            int low = MEMORY.get(INT, block + SCALES_AT + 8);
            long end = low & 0x0f0f0f0f | (low & 0xf0f0f0f0L) << 28 | begin >>> 2 & 0x3030303030303030L;
            ByteVector early = LongVector.broadcast(LongVector.SPECIES_128, begin & 0x3f3f3f3f3f3f3f3fL)
                    .reinterpretAsBytes();
            ByteVector late = LongVector.broadcast(LongVector.SPECIES_128, end).reinterpretAsBytes();
            if (TWO_PARTS) {
                ((FloatVector) early.castShape(EIGHT, 0)).mul(d).intoArray(factors, at);
                ((FloatVector) early.castShape(EIGHT, 1)).mul(dmin).intoArray(factors, at + 4);
                ((FloatVector) late.castShape(EIGHT, 0)).mul(d).intoArray(factors, at + 8);
                ((FloatVector) late.castShape(EIGHT, 1)).mul(dmin).intoArray(factors, at + 12);
            } else {
                FloatVector scale = FloatVector.broadcast(EIGHT, d).blend(dmin, MINIMUMS);
                ((FloatVector) early.castShape(EIGHT, 0)).mul(scale).intoArray(factors, at);
                ((FloatVector) late.castShape(EIGHT, 0)).mul(scale).intoArray(factors, at + 8);
            }
            block += BLOCK_BYTES;
            at += ROWS * FACTORS;
        }
    }

    @Override
    void multiplyFour(float[] input, Scratch scratch, int at, long row0, long row1, long row2, long row3) {
        float[] floats = scratch.floats();
        Arrays.fill(floats, at, at + ROWS * F.length(), 0);
        for (int block = 0; block < columns / BLOCK; block += CHUNK) {
            int blocks = Math.min(CHUNK, columns / BLOCK - block);
            long skip = (long) block * BLOCK_BYTES;
            readFactors(row0 + skip, blocks, floats, FACTORS_AT);
            readFactors(row1 + skip, blocks, floats, FACTORS_AT + FACTORS);
            readFactors(row2 + skip, blocks, floats, FACTORS_AT + 2 * FACTORS);
            readFactors(row3 + skip, blocks, floats, FACTORS_AT + 3 * FACTORS);
            multiplyMinimums(floats, at, block, blocks);
            for (int b = 0; b < blocks; b++) {
                int from = (block + b) * BLOCK;
                int factors = FACTORS_AT + b * ROWS * FACTORS;
                multiplyRow(input, floats, at, from, factors, row0 + skip);
                multiplyRow(input, floats, at + F.length(), from, factors + FACTORS, row1 + skip);
                multiplyRow(input, floats, at + 2 * F.length(), from, factors + 2 * FACTORS, row2 + skip);
                multiplyRow(input, floats, at + 3 * F.length(), from, factors + 3 * FACTORS, row3 + skip);
                skip += BLOCK_BYTES;
            }
        }
    }

    private static void multiplyMinimums(float[] floats, int first, int block, int blocks) {
        FloatVector t0 = FloatVector.fromArray(F, floats, first);
        FloatVector t1 = FloatVector.fromArray(F, floats, first + 1 * F.length());
        FloatVector t2 = FloatVector.fromArray(F, floats, first + 2 * F.length());
        FloatVector t3 = FloatVector.fromArray(F, floats, first + 3 * F.length());
        for (int b = 0; b < blocks; b++) {
            int at = FACTORS_AT + b * ROWS * FACTORS;
            for (int i = 0; i < FACTORS; i += F.length()) {
                FloatVector sums = FloatVector.fromArray(F, floats, INPUT_SUMS_AT + (block + b) * FACTORS + i);
                t0 = FloatVector.fromArray(F, floats, at + 0 * FACTORS + i).fma(sums, t0);
                t1 = FloatVector.fromArray(F, floats, at + 1 * FACTORS + i).fma(sums, t1);
                t2 = FloatVector.fromArray(F, floats, at + 2 * FACTORS + i).fma(sums, t2);
                t3 = FloatVector.fromArray(F, floats, at + 3 * FACTORS + i).fma(sums, t3);
            }
        }
        t0.intoArray(floats, first);
        t1.intoArray(floats, first + 1 * F.length());
        t2.intoArray(floats, first + 2 * F.length());
        t3.intoArray(floats, first + 3 * F.length());
    }

    /** One row: the parts of vectors take code, and C2 leaves the end of a method that is too large to calls, which take boxes. */
    private static void multiplyRow(float[] input, float[] floats, int first, int from, int factors, long row0) {
        IntVector nibble = IntVector.broadcast(I, 0x0f);
        IntVector octet = IntVector.broadcast(I, 0xff);
        IntVector lowMask = IntVector.broadcast(I, LOW_MASK);
        IntVector highMask = IntVector.broadcast(I, HIGH_MASK);
        IntVector lowBits = IntVector.broadcast(I, LOW_BITS);
        IntVector highBits = IntVector.broadcast(I, HIGH_BITS);
        FloatVector lowZero = FloatVector.broadcast(F, LOW);
        FloatVector highZero = FloatVector.broadcast(F, HIGH);
        FloatVector t0 = FloatVector.fromArray(F, floats, first);
        for (int i = 0; i < SUB_BLOCK; i += F.length()) {
            int bytes = i / B.length() * B.length();
            int part = i % B.length() / F.length();
            IntVector f0 = (IntVector) ByteVector.fromMemorySegment(B, MEMORY, row0 + FIFTHS_AT + bytes, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
            for (int pair = 0; pair < PAIRS; pair++) {
                int x = from + pair * 2 * SUB_BLOCK + i;
                FloatVector low = FloatVector.fromArray(F, input, x);
                FloatVector high = FloatVector.fromArray(F, input, x + SUB_BLOCK);
                int shift = HIGH_SHIFT - 2 * pair;
                long nibbles = NIBBLES_AT + pair * SUB_BLOCK + bytes;
                int factor = factors + 2 * pair + (pair & 2) * 2;
                IntVector p0 = (IntVector) ByteVector.fromMemorySegment(B, MEMORY, row0 + nibbles, ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                t0 = f0.lanewise(VectorOperators.LSHL, shift).lanewise(VectorOperators.LSHR, LOW_SHIFT)
                        .bitwiseBlend(p0, nibble).and(lowMask).or(lowBits).reinterpretAsFloats().sub(lowZero).mul(low)
                        .fma(FloatVector.broadcast(F, floats[factor]), t0);
                t0 = f0.lanewise(VectorOperators.LSHL, shift).bitwiseBlend(p0, octet).and(highMask).or(highBits)
                        .reinterpretAsFloats().sub(highZero).mul(high)
                        .fma(FloatVector.broadcast(F, floats[factor + 1]), t0);
            }
        }
        t0.intoArray(floats, first);
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        long start = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        Objects.checkFromIndexSize(start, (long) count / BLOCK * BLOCK_BYTES, data.byteSize());
        long block = data.address() + start;
        for (int y = offset; y < offset + count; y += BLOCK) {
            float d = HALVES[MEMORY.get(HALF, block) & 0xffff];
            float dmin = HALVES[MEMORY.get(HALF, block + MINIMUM_AT) & 0xffff];
            long scales = scales(block);
            long minimums = minimums(block);
            for (int pair = 0; pair < PAIRS; pair++) {
                int bit = 16 * pair;
                FloatVector lowScale = FloatVector.broadcast(F, d * (scales >>> bit & 63));
                FloatVector highScale = FloatVector.broadcast(F, d * (scales >>> bit + 8 & 63));
                FloatVector lowMinimum = FloatVector.broadcast(F, dmin * (minimums >>> bit & 63));
                FloatVector highMinimum = FloatVector.broadcast(F, dmin * (minimums >>> bit + 8 & 63));
                for (int i = 0; i < SUB_BLOCK; i += F.length()) {
                    int bytes = i / B.length() * B.length();
                    int part = TWO_PARTS ? i % B.length() / F.length() : 0;
                    IntVector fifths = ((IntVector) ByteVector
                            .fromMemorySegment(B, MEMORY, block + FIFTHS_AT + bytes, ORDER)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part))
                            .lanewise(VectorOperators.LSHL, HIGH_SHIFT - 2 * pair);
                    IntVector p = (IntVector) ByteVector
                            .fromMemorySegment(B, MEMORY, block + NIBBLES_AT + pair * SUB_BLOCK + bytes, ORDER)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                    int at = y + pair * 2 * SUB_BLOCK + i;
                    fifths.lanewise(VectorOperators.LSHR, LOW_SHIFT).and(0x10).or(p.and(0x0f)).or(LOW_BITS)
                            .reinterpretAsFloats().sub(LOW).mul(lowScale).sub(lowMinimum).intoArray(target, at);
                    fifths.and(0x100).or(p.and(0xf0)).or(HIGH_BITS).reinterpretAsFloats().sub(HIGH).mul(highScale)
                            .sub(highMinimum).intoArray(target, at + SUB_BLOCK);
                }
            }
            block += BLOCK_BYTES;
        }
        Reference.reachabilityFence(data);
    }
}
