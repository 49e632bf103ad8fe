package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.IntStream;

/**
 * Q4_0: blocks of 32 weights, an F16 scale and 16 bytes; weight i is nibble {@code (i % 16, i / 16)} minus 8.
 *
 * <p>Repacked at load: as many rows as a vector has 16-bit lanes stand side by side. A lane holds four nibbles of one row, of the
 * columns 4q to 4q + 3; eight such vectors and the rows' F16 scales make a block, together as large as in the file.
 * Activations are rounded to 8 bits in blocks of 32, as in llama.cpp. Then each step is {@code sum += nibble * activation} in
 * 16-bit lanes, without widening and without a sum over lanes. Sixteen bits are enough: |sum of (w - 8) x| over 32 columns is at
 * most 8 * 127 * 32 = 32512, and two's complement wraps in between, so that -8 * sum(x) can stand at the start.
 *
 * <p>Prefill takes one token after the other too, while a group of rows is in the cache, so a token's result is the same as in
 * decode to the last bit. A tile of two or four tokens would unpack the weights once for all of them, but C2 then boxes a vector
 * for each block and nothing is won (158 and 172 microseconds for 64 rows of 2048 and 32 tokens; Xeon at 2.6 GHz, JDK 25.0.3).
 * Decode of a billion parameters on two cores went from 12.7 to 21.5 tokens a second by this layout.
 */
final class Q40Matrix extends VectorMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Short> S = Lanes.WIDE_SHORT;
    private static final VectorSpecies<Short> HALF_S = Lanes.SHORT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 18;
    /** Rows that stand side by side. */
    private static final int GROUP = S.length();
    private static final int NIBBLE_BYTES = BLOCK / 2 * GROUP;
    private static final int GROUP_BLOCK_BYTES = BLOCK_BYTES * GROUP;
    /** Tokens whose activations are kept in 8 bits at once: half a megabyte for 8192 columns. */
    private static final int TOKENS = 16;
    /** Ints for a block of activations: each value twice, in both halves, and the start of the sum. */
    private static final int BLOCK_INTS = BLOCK + 1;
    /** Sign, exponent and fraction of a half float whose sign was extended to the left, 13 bits up. */
    private static final int HALF_BITS = 0x8fffe000;

    private static final float ROUNDING = 0x1.8p23f;
    private static final int ROUNDING_BITS = Float.floatToRawIntBits(ROUNDING);

    private final int blocks;
    private final MemorySegment packed;

    Q40Matrix(ModelTensor tensor, Arena arena) {
        super(tensor);
        this.blocks = columns / BLOCK;
        int groups = (rows + GROUP - 1) / GROUP;
        this.packed = arena.allocate((long) groups * blocks * GROUP_BLOCK_BYTES, 64);
        IntStream.range(0, groups).parallel().forEach(this::pack);
    }

    private void pack(int group) {
        int present = Math.min(GROUP, rows - group * GROUP);
        byte[] source = new byte[Math.toIntExact(present * rowBytes)];
        MemorySegment.copy(data, ValueLayout.JAVA_BYTE, group * GROUP * rowBytes, source, 0, source.length);
        short[] target = new short[GROUP * BLOCK_BYTES / 2];
        for (int block = 0; block < blocks; block++) {
            for (int row = 0; row < present; row++) {
                int at = Math.toIntExact(row * rowBytes) + block * BLOCK_BYTES;
                for (int quad = 0; quad < BLOCK / 4; quad++) {
                    int bytes = at + 2 + quad % 4 * 4;
                    int shift = quad / 4 * 4;
                    target[quad * GROUP + row] = (short) (source[bytes] >> shift & 15
                            | (source[bytes + 1] >> shift & 15) << 4 | (source[bytes + 2] >> shift & 15) << 8
                            | (source[bytes + 3] >> shift & 15) << 12);
                }
                target[BLOCK / 4 * GROUP + row] = (short) (source[at] & 0xff | source[at + 1] << 8);
            }
            // Rows that pad the last group keep a scale of zero.
            MemorySegment.copy(target, 0, packed, HALF, ((long) group * blocks + block) * GROUP_BLOCK_BYTES,
                    target.length);
        }
    }

    @Override
    public int rowGranularity() {
        return GROUP;
    }

    @Override
    public int scratchFloats() {
        // One scale for each block of each token, and room for the sums of a group.
        return TOKENS * blocks + GROUP;
    }

    @Override
    public int scratchInts() {
        return TOKENS * blocks * BLOCK_INTS;
    }

    @Override
    public void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow, Scratch scratch) {
        multiply(input, 1, output, outputOffset, fromRow, toRow, scratch);
    }

    @Override
    public void multiply(float[] input, int tokens, float[] output, int outputOffset, int fromRow, int toRow,
            Scratch scratch) {
        if (fromRow % GROUP != 0) {
            throw new IllegalArgumentException("row %d is not the first of a group of %d".formatted(fromRow, GROUP));
        }
        float[] scales = scratch.floats();
        int[] values = scratch.ints();
        int sums = TOKENS * blocks;
        for (int first = 0; first < tokens; first += TOKENS) {
            int count = Math.min(TOKENS, tokens - first);
            for (int t = 0; t < count; t++) {
                quantize(input, (first + t) * columns, values, t * blocks * BLOCK_INTS, scales, t * blocks);
            }
            for (int row = fromRow; row < toRow; row += GROUP) {
                long at = (long) (row / GROUP) * blocks * GROUP_BLOCK_BYTES;
                int present = Math.min(GROUP, toRow - row);
                for (int t = 0; t < count; t++) {
                    multiplyGroup(at, values, t * blocks * BLOCK_INTS, scales, t * blocks, sums);
                    System.arraycopy(scales, sums, output, outputOffset + (first + t) * rows + row, present);
                }
            }
        }
    }

    /** Rounds a token's activations to 8 bits, block by block. */
    private void quantize(float[] input, int from, int[] values, int valuesAt, float[] scales, int scalesAt) {
        for (int block = 0; block < blocks; block++) {
            int x = from + block * BLOCK;
            FloatVector largest = FloatVector.zero(F);
            for (int i = 0; i < BLOCK; i += F.length()) {
                largest = largest.max(FloatVector.fromArray(F, input, x + i).abs());
            }
            // A maximum is the same in any order, other than a sum of floats.
            float max = largest.reduceLanes(VectorOperators.MAX);
            float inverse = max == 0 ? 0 : 127 / max;
            int v = valuesAt + block * BLOCK_INTS;
            IntVector sums = IntVector.zero(I);
            for (int i = 0; i < BLOCK; i += F.length()) {
                // The addition rounds and leaves the whole number in the lowest bits.
                IntVector value = FloatVector.fromArray(F, input, x + i).mul(inverse).add(ROUNDING).reinterpretAsInts()
                        .sub(ROUNDING_BITS);
                sums = sums.add(value);
                value.and(0xffff).or(value.lanewise(VectorOperators.LSHL, 16)).intoArray(values, v + i);
            }
            int start = -8 * sums.reduceLanes(VectorOperators.ADD);
            values[v + BLOCK] = start & 0xffff | start << 16;
            scales[scalesAt + block] = max / 127;
        }
    }

    /** Leaves the products of a group of rows with one token at {@code sums}. */
    private void multiplyGroup(long group, int[] x, int xAt, float[] scales, int scalesAt, int sums) {
        FloatVector low = FloatVector.zero(F);
        FloatVector high = FloatVector.zero(F);
        long at = group;
        int v = xAt;
        for (int block = 0; block < blocks; block++) {
            ShortVector s = IntVector.broadcast(I, x[v + BLOCK]).reinterpretAsShorts();
            for (int i = 0; i < BLOCK; i += 4) {
                ShortVector w = ShortVector.fromMemorySegment(S, packed, at + i / 4 * (2L * GROUP), ORDER);
                s = s.add(w.and((short) 15).mul(IntVector.broadcast(I, x[v + i]).reinterpretAsShorts()));
                s = s.add(w.lanewise(VectorOperators.LSHR, 4).and((short) 15)
                        .mul(IntVector.broadcast(I, x[v + i + 1]).reinterpretAsShorts()));
                s = s.add(w.lanewise(VectorOperators.LSHR, 8).and((short) 15)
                        .mul(IntVector.broadcast(I, x[v + i + 2]).reinterpretAsShorts()));
                s = s.add(w.lanewise(VectorOperators.LSHR, 12)
                        .mul(IntVector.broadcast(I, x[v + i + 3]).reinterpretAsShorts()));
            }
            IntVector halfLow = (IntVector) ShortVector.fromMemorySegment(HALF_S, packed, at + NIBBLE_BYTES, ORDER)
                    .castShape(I, 0);
            IntVector halfHigh = (IntVector) ShortVector
                    .fromMemorySegment(HALF_S, packed, at + NIBBLE_BYTES + GROUP, ORDER)
                    .castShape(I, 0);
            float scale = scales[scalesAt + block] * HalfFloatMatrix.BIAS;
            FloatVector scaleLow = halfLow.lanewise(VectorOperators.LSHL, 13).and(HALF_BITS).reinterpretAsFloats()
                    .mul(scale);
            FloatVector scaleHigh = halfHigh.lanewise(VectorOperators.LSHL, 13).and(HALF_BITS).reinterpretAsFloats()
                    .mul(scale);
            low = ((FloatVector) s.castShape(F, 0)).fma(scaleLow, low);
            high = ((FloatVector) s.castShape(F, 1)).fma(scaleHigh, high);
            at += GROUP_BLOCK_BYTES;
            v += BLOCK_INTS;
        }
        low.intoArray(scales, sums);
        high.intoArray(scales, sums + F.length());
    }

    @Override
    void dequantize(int row, float[] target, int offset) {
        long at = row * rowBytes;
        for (int block = 0; block < blocks; block++) {
            FloatVector scale = FloatVector.broadcast(F, Float.float16ToFloat(data.get(HALF, at)));
            int y = offset + block * BLOCK;
            for (int i = 0; i < BLOCK / 2; i += B.length()) {
                ByteVector bytes = ByteVector.fromMemorySegment(B, data, at + 2 + i, ORDER);
                ByteVector low = bytes.and((byte) 0xf).sub((byte) 8);
                // x86 shifts no bytes; what comes over from the neighbour is masked away.
                ByteVector high = bytes.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes()
                        .and((byte) 0xf).sub((byte) 8);
                ((FloatVector) low.castShape(F, 0)).mul(scale).intoArray(target, y + i);
                ((FloatVector) high.castShape(F, 0)).mul(scale).intoArray(target, y + 16 + i);
                if (TWO_PARTS) {
                    ((FloatVector) low.castShape(F, 1)).mul(scale).intoArray(target, y + i + F.length());
                    ((FloatVector) high.castShape(F, 1)).mul(scale).intoArray(target, y + 16 + i + F.length());
                }
            }
            at += BLOCK_BYTES;
        }
    }
}
