package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Q4_0: blocks of 32 weights, an F16 scale and 16 bytes; weight i is nibble {@code (i % 16, i / 16)} minus 8.
 *
 * <p>Decode at 512 bits rounds the activations to 8 bits in blocks of 32, as llama.cpp does, and takes two blocks with one load:
 * nibbles times activations in 16-bit lanes, neighbours added, converted and scaled, 18 operations for 64 weights. Plain floats need
 * twice as many operations for a byte of weights, and how many fit into the processor's window decides how much memory it has under
 * way. Sixteen bits are enough: |sum of (w - 8) x| over the four columns of a lane is at most 8 * 127 * 4.
 *
 * <p>Elsewhere a nibble becomes a float without a conversion: put under the exponent of a float whose last bit counts 1 (2^23) or,
 * for the high nibble, whose last bit but four does (2^19), it only takes a subtraction, which also takes the 8 away.
 */
final class Q40Matrix extends VectorMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Short> S = Lanes.WIDE_SHORT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final float[] HALVES = HalfTable.FLOATS;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
    /** Whether two blocks fit into a load: the permutation of 16-bit lanes by one instruction is AVX-512's. */
    private static final boolean WIDE = S.length() == 32;
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 18;
    private static final int HALF_BLOCK = BLOCK / 2;
    private static final float LOW = 0x1p23f;
    private static final float HIGH = 0x1p19f;
    private static final int LOW_BITS = Float.floatToRawIntBits(LOW);
    private static final int HIGH_BITS = Float.floatToRawIntBits(HIGH);

    // The wide kernel. A load has 32 words of 16 bits: word 0 is the first block's scale, words 1 to 8 its nibbles, word 9 and words
    // 10 to 17 the second block's. Lanes 0 to 7 take words 1 to 8, lanes 8 to 15 words 10 to 17, for the even columns, which are in
    // the words' low bytes; lanes 16 to 31 take the same words for the odd columns.
    private static final int LOAD_BYTES = 64;
    private static final VectorShuffle<Short> NIBBLES = WIDE
            ? VectorShuffle.fromOp(S, lane -> 1 + lane % 8 + lane % 16 / 8 * 9)
            : null;
    /** To each pair of lanes the scale of its block, in the upper half of 32 bits. */
    private static final VectorShuffle<Short> SCALES = WIDE
            ? VectorShuffle.fromOp(S, lane -> lane % 16 / 8 * 9)
            : null;
    /** Sign, exponent and fraction of a half float whose sign was extended to the left, where a float has them. */
    private static final int HALF_BITS = 0x8fffe000;
    /** Three vectors that C2 would broadcast anew in each round if it knew them: mask of a nibble, of a half float, shifts. */
    private static final int[] CONSTANTS = new int[3 * I.length()];
    /** Activations of two blocks: low and high nibbles' in 16 bits, -8 * their sums, and scales. */
    private static final int PAIR_INTS = 4 * I.length();
    private static final float HALF_BIAS = 0x1p112f;
    private static final float ROUNDING = 0x1.8p23f;
    private static final int ROUNDING_BITS = Float.floatToRawIntBits(ROUNDING);

    static {
        for (int i = 0; i < I.length(); i++) {
            CONSTANTS[i] = 0x000f000f;
            CONSTANTS[I.length() + i] = HALF_BITS;
            CONSTANTS[2 * I.length() + i] = i < I.length() / 2 ? 0 : 0x00080008;
        }
    }

    /** The first row behind which a load would reach over the end of the tensor. */
    private final int firstCopied;
    /** The rows from there on, with room behind them. */
    private final MemorySegment copies;

    Q40Matrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
        int reaching = WIDE ? (int) Math.min(rows, (LOAD_BYTES + rowBytes - 1) / rowBytes) : 0;
        this.firstCopied = rows - reaching;
        this.copies = arena.allocate(reaching * rowBytes + LOAD_BYTES, 64);
        MemorySegment.copy(data, firstCopied * rowBytes, copies, 0, reaching * rowBytes);
    }

    @Override
    long address(int row) {
        return row < firstCopied ? super.address(row) : copies.address() + (row - firstCopied) * rowBytes;
    }

    @Override
    public int scratchInts() {
        return WIDE ? (columns / BLOCK + 1) / 2 * PAIR_INTS : 0;
    }

    @Override
    void prepare(float[] input, Scratch scratch) {
        if (WIDE) {
            for (int block = 0; block < columns / BLOCK; block++) {
                round(input, block * BLOCK, scratch.floats());
                place(scratch.floats(), scratch.ints(), block / 2 * PAIR_INTS, block % 2);
            }
            if (columns / BLOCK % 2 != 0) {
                // Behind an odd number of blocks a load finds something else: activations and scale of zero.
                Arrays.fill(scratch.floats(), 0, BLOCK + 1, 0);
                place(scratch.floats(), scratch.ints(), columns / BLOCK / 2 * PAIR_INTS, 1);
            }
        }
    }

    /** Rounds a block of activations to whole numbers up to 127; their scale comes behind them. */
    private static void round(float[] input, int from, float[] rounded) {
        FloatVector largest = FloatVector.zero(F);
        for (int i = 0; i < BLOCK; i += F.length()) {
            largest = largest.max(FloatVector.fromArray(F, input, from + i).abs());
        }
        // A maximum is the same in any order, other than a sum of floats.
        float max = largest.reduceLanes(VectorOperators.MAX);
        float inverse = max == 0 ? 0 : 127 / max;
        for (int i = 0; i < BLOCK; i += F.length()) {
            FloatVector.fromArray(F, input, from + i).mul(inverse).add(ROUNDING).sub(ROUNDING).intoArray(rounded, i);
        }
        rounded[BLOCK] = max / 127;
    }

    /** Puts a rounded block into the lanes that meet its weights; see {@link #NIBBLES}. */
    private static void place(float[] rounded, int[] x, int at, int second) {
        for (int i = 0; i < 8; i++) {
            // An int holds two neighbouring lanes of 16 bits.
            int lane = i % 4 + second * 4 + i / 4 * 8;
            int column = i % 4 * 4 + i / 4;
            int low = (int) rounded[column];
            int nextLow = (int) rounded[column + 2];
            int high = (int) rounded[HALF_BLOCK + column];
            int nextHigh = (int) rounded[HALF_BLOCK + column + 2];
            x[at + lane] = low & 0xffff | nextLow << 16;
            x[at + I.length() + lane] = high & 0xffff | nextHigh << 16;
            x[at + 2 * I.length() + lane] = -8 * (low + high) & 0xffff | -8 * (nextLow + nextHigh) << 16;
            x[at + 3 * I.length() + lane] = Float.floatToRawIntBits(rounded[BLOCK] * HALF_BIAS);
        }
    }

    @Override
    void multiplyFour(float[] input, Scratch scratch, long row0, long row1, long row2, long row3) {
        if (WIDE) {
            multiplyWide(scratch, row0, row1, row2, row3);
        } else {
            multiplyNarrow(input, scratch, row0, row1, row2, row3);
        }
    }

    private void multiplyWide(Scratch scratch, long row0, long row1, long row2, long row3) {
        int[] x = scratch.ints();
        IntVector constants = IntVector.fromArray(I, CONSTANTS, 0);
        ShortVector nibble = constants.reinterpretAsShorts();
        IntVector half = IntVector.fromArray(I, CONSTANTS, I.length());
        ShortVector odd = IntVector.fromArray(I, CONSTANTS, 2 * I.length()).reinterpretAsShorts();
        FloatVector t0 = FloatVector.zero(F);
        FloatVector t1 = t0;
        FloatVector t2 = t0;
        FloatVector t3 = t0;
        int end = scratchInts();
        for (int at = 0; at < end; at += PAIR_INTS) {
            ShortVector low = IntVector.fromArray(I, x, at).reinterpretAsShorts();
            ShortVector high = IntVector.fromArray(I, x, at + I.length()).reinterpretAsShorts();
            ShortVector start = IntVector.fromArray(I, x, at + 2 * I.length()).reinterpretAsShorts();
            FloatVector scale = IntVector.fromArray(I, x, at + 3 * I.length()).reinterpretAsFloats();
            ShortVector w0 = ShortVector.fromMemorySegment(S, MEMORY, row0, ORDER);
            ShortVector q0 = w0.rearrange(NIBBLES).lanewise(VectorOperators.LSHR, odd);
            IntVector p0 = q0.and(nibble).mul(low).add(start)
                    .add(q0.lanewise(VectorOperators.LSHR, 4).and(nibble).mul(high)).reinterpretAsInts();
            t0 = ((FloatVector) p0.lanewise(VectorOperators.LSHL, 16).add(p0).lanewise(VectorOperators.ASHR, 16)
                    .convert(VectorOperators.I2F, 0)).fma(
                            w0.rearrange(SCALES).reinterpretAsInts().lanewise(VectorOperators.ASHR, 3).and(half)
                                    .reinterpretAsFloats().mul(scale),
                            t0);
            row0 += 2 * BLOCK_BYTES;
            ShortVector w1 = ShortVector.fromMemorySegment(S, MEMORY, row1, ORDER);
            ShortVector q1 = w1.rearrange(NIBBLES).lanewise(VectorOperators.LSHR, odd);
            IntVector p1 = q1.and(nibble).mul(low).add(start)
                    .add(q1.lanewise(VectorOperators.LSHR, 4).and(nibble).mul(high)).reinterpretAsInts();
            t1 = ((FloatVector) p1.lanewise(VectorOperators.LSHL, 16).add(p1).lanewise(VectorOperators.ASHR, 16)
                    .convert(VectorOperators.I2F, 0)).fma(
                            w1.rearrange(SCALES).reinterpretAsInts().lanewise(VectorOperators.ASHR, 3).and(half)
                                    .reinterpretAsFloats().mul(scale),
                            t1);
            row1 += 2 * BLOCK_BYTES;
            ShortVector w2 = ShortVector.fromMemorySegment(S, MEMORY, row2, ORDER);
            ShortVector q2 = w2.rearrange(NIBBLES).lanewise(VectorOperators.LSHR, odd);
            IntVector p2 = q2.and(nibble).mul(low).add(start)
                    .add(q2.lanewise(VectorOperators.LSHR, 4).and(nibble).mul(high)).reinterpretAsInts();
            t2 = ((FloatVector) p2.lanewise(VectorOperators.LSHL, 16).add(p2).lanewise(VectorOperators.ASHR, 16)
                    .convert(VectorOperators.I2F, 0)).fma(
                            w2.rearrange(SCALES).reinterpretAsInts().lanewise(VectorOperators.ASHR, 3).and(half)
                                    .reinterpretAsFloats().mul(scale),
                            t2);
            row2 += 2 * BLOCK_BYTES;
            ShortVector w3 = ShortVector.fromMemorySegment(S, MEMORY, row3, ORDER);
            ShortVector q3 = w3.rearrange(NIBBLES).lanewise(VectorOperators.LSHR, odd);
            IntVector p3 = q3.and(nibble).mul(low).add(start)
                    .add(q3.lanewise(VectorOperators.LSHR, 4).and(nibble).mul(high)).reinterpretAsInts();
            t3 = ((FloatVector) p3.lanewise(VectorOperators.LSHL, 16).add(p3).lanewise(VectorOperators.ASHR, 16)
                    .convert(VectorOperators.I2F, 0)).fma(
                            w3.rearrange(SCALES).reinterpretAsInts().lanewise(VectorOperators.ASHR, 3).and(half)
                                    .reinterpretAsFloats().mul(scale),
                            t3);
            row3 += 2 * BLOCK_BYTES;
        }
        float[] sums = scratch.floats();
        t0.intoArray(sums, 0);
        t1.intoArray(sums, F.length());
        t2.intoArray(sums, 2 * F.length());
        t3.intoArray(sums, 3 * F.length());
    }

    private void multiplyNarrow(float[] input, Scratch scratch, long row0, long row1, long row2, long row3) {
        FloatVector t0 = FloatVector.zero(F);
        FloatVector t1 = t0;
        FloatVector t2 = t0;
        FloatVector t3 = t0;
        int end = columns;
        for (int x = 0; x < end; x += BLOCK) {
            FloatVector s0 = FloatVector.zero(F);
            FloatVector s1 = FloatVector.zero(F);
            FloatVector s2 = FloatVector.zero(F);
            FloatVector s3 = FloatVector.zero(F);
            for (int i = 0; i < HALF_BLOCK; i += F.length()) {
                FloatVector low = FloatVector.fromArray(F, input, x + i);
                FloatVector high = FloatVector.fromArray(F, input, x + HALF_BLOCK + i);
                IntVector p0 = (IntVector) ByteVector
                        .fromMemorySegment(B, MEMORY, row0 + 2 + i / B.length() * B.length(), ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, i % B.length() / F.length());
                s0 = p0.and(0x0f).or(LOW_BITS).reinterpretAsFloats().sub(LOW + 8).fma(low, s0);
                s0 = p0.and(0xf0).or(HIGH_BITS).reinterpretAsFloats().sub(HIGH + 8).fma(high, s0);
                IntVector p1 = (IntVector) ByteVector
                        .fromMemorySegment(B, MEMORY, row1 + 2 + i / B.length() * B.length(), ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, i % B.length() / F.length());
                s1 = p1.and(0x0f).or(LOW_BITS).reinterpretAsFloats().sub(LOW + 8).fma(low, s1);
                s1 = p1.and(0xf0).or(HIGH_BITS).reinterpretAsFloats().sub(HIGH + 8).fma(high, s1);
                IntVector p2 = (IntVector) ByteVector
                        .fromMemorySegment(B, MEMORY, row2 + 2 + i / B.length() * B.length(), ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, i % B.length() / F.length());
                s2 = p2.and(0x0f).or(LOW_BITS).reinterpretAsFloats().sub(LOW + 8).fma(low, s2);
                s2 = p2.and(0xf0).or(HIGH_BITS).reinterpretAsFloats().sub(HIGH + 8).fma(high, s2);
                IntVector p3 = (IntVector) ByteVector
                        .fromMemorySegment(B, MEMORY, row3 + 2 + i / B.length() * B.length(), ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, i % B.length() / F.length());
                s3 = p3.and(0x0f).or(LOW_BITS).reinterpretAsFloats().sub(LOW + 8).fma(low, s3);
                s3 = p3.and(0xf0).or(HIGH_BITS).reinterpretAsFloats().sub(HIGH + 8).fma(high, s3);
            }
            t0 = s0.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row0) & 0xffff]), t0);
            row0 += BLOCK_BYTES;
            t1 = s1.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row1) & 0xffff]), t1);
            row1 += BLOCK_BYTES;
            t2 = s2.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row2) & 0xffff]), t2);
            row2 += BLOCK_BYTES;
            t3 = s3.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row3) & 0xffff]), t3);
            row3 += BLOCK_BYTES;
        }
        float[] sums = scratch.floats();
        t0.intoArray(sums, 0);
        t1.intoArray(sums, F.length());
        t2.intoArray(sums, 2 * F.length());
        t3.intoArray(sums, 3 * F.length());
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
