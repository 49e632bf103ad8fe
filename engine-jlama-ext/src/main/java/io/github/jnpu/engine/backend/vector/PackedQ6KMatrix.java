package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;

/**
 * Q6_K packed. A block is 16 columns: two words of nibbles, four columns in the low halves of the bytes and the next four in the
 * high ones, and a word of the upper pairs of bits, laid out so that rotating it by two brings the next four columns' pairs above
 * the nibbles: a word of four whole fields takes three operations to put together. Scales: {@code [group][super-block]} each have
 * {@code [row]} half floats, then {@code [block][row]} the signed bytes that these multiply.
 */
final class PackedQ6KMatrix extends PackedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Short> S = Lanes.SHORT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final int BLOCK = 16;
    private static final int SUPER_BLOCK = 256;
    private static final int BLOCKS = SUPER_BLOCK / BLOCK;
    // In the file, by two bytes.
    private static final int FILE_PAIRS_AT = 64;
    private static final int FILE_SCALES_AT = 96;
    private static final int FILE_D_AT = 104;
    private static final int BITS = 6;
    /** Where the field of a word's first byte begins in a float's fraction. */
    private static final int FIELD = 23 - BITS;
    private static final int FIELD_MASK = (1 << 23) - (1 << FIELD);
    private static final int LOW_NIBBLES = 0x0f0f0f0f;
    private static final int LOW_PAIRS = 0x03030303;
    private static final int NIBBLE_MASK = Integer.rotateLeft(LOW_NIBBLES, FIELD);
    private static final int BLOCK_WORDS = 3;
    private static final int BLOCK_BYTES = BLOCK_WORDS * WORDS;
    /** Fields become 1 to 2, of which 1 and the half that stands for 32 are taken. */
    private static final float ZERO = -1.5f;
    /** There is no 1 added to fields that are converted. */
    private static final float START_FACTOR = (ZERO + 1) / ZERO;
    private static final int[] FIELDS = {63, 63 << 8, 63 << 16, 63 << 24};
    /** A field is a number of 64ths, and those that are converted are multiplied by more where they lie. */
    private static final float[] INPUT_FACTORS = Lanes.ROTATES
            ? new float[]{1, 1, 1, 1}
            : new float[]{0x1p-6f, 0x1p-14f, 0x1p-22f, 0x1p-30f};
    private static final int[] NIBBLES = {0, 8, 16, 24, 4, 12, 20, 28, 0, 8, 16, 24, 4, 12, 20, 28};
    private static final int[] PAIRS = {0, 8, 16, 24, 2, 10, 18, 26, 4, 12, 20, 28, 6, 14, 22, 30};
    /** One, but C2 must not know: see {@link PackedProduct}. */
    private static int notConstant = 1;
    // Of a super-block of a group, packed.
    private static final int SCALE_BYTES_AT = 2 * L;
    private static final int SCALES_BYTES = SCALE_BYTES_AT + BLOCKS * L;

    PackedQ6KMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena, BLOCK, BITS, SCALES_BYTES / L, BLOCK_WORDS);
    }

    private long scales(long scaleAddress, int group, int block) {
        return scaleAddress + (long) (group * (blocks / BLOCKS) + block / BLOCKS) * SCALES_BYTES;
    }

    @Override
    void pack(short[] file, int count, int lane, byte[] panelScales, int[] panelWords) {
        writeHalf(panelScales, lane * 2, file[FILE_D_AT]);
        for (int b = 0; b < BLOCKS; b++) {
            panelScales[SCALE_BYTES_AT + b * L + lane] = (byte) (file[FILE_SCALES_AT + b / 2] >> b % 2 * 8);
            packBlock(file, b, panelWords, b * BLOCK_WORDS * L + lane);
        }
    }

    /** Of each half of 128 columns, byte l of the low bits has columns l and l + 64; byte l of the high bits four columns. */
    private static void packBlock(short[] file, int b, int[] words, int target) {
        int half = b / 8;
        int run = b % 8 / 2;
        int low = half * 32 + run % 2 * 16 + b % 2 * 8;
        int high = FILE_PAIRS_AT + half * 16 + b % 2 * 8;
        int nibble = run / 2 * 4;
        int n0 = word(file, low) >>> nibble & LOW_NIBBLES;
        int n1 = word(file, low + 2) >>> nibble & LOW_NIBBLES;
        int n2 = word(file, low + 4) >>> nibble & LOW_NIBBLES;
        int n3 = word(file, low + 6) >>> nibble & LOW_NIBBLES;
        int p0 = word(file, high) >>> 2 * run & LOW_PAIRS;
        int p1 = word(file, high + 2) >>> 2 * run & LOW_PAIRS;
        int p2 = word(file, high + 4) >>> 2 * run & LOW_PAIRS;
        int p3 = word(file, high + 6) >>> 2 * run & LOW_PAIRS;
        words[target] = Integer.rotateLeft(n0 | n1 << 4, FIELD);
        words[target + L] = Integer.rotateLeft(n2 | n3 << 4, FIELD);
        int pairs = p0 << 4 | p1 << 6 | Integer.rotateLeft(p2, 8) | Integer.rotateLeft(p3, 10);
        words[target + 2 * L] = Integer.rotateLeft(pairs, FIELD);
    }

    @Override
    void prepare(float[] input, float[] floats) {
        copyInputs(input, floats, ZERO, INPUT_FACTORS);
    }

    @Override
    void readScales(long scaleAddress, float[] floats) {
        readScales(scaleAddress, GROUPS * blocks, floats, scales);
    }

    /** The groups' scales follow each other in memory as they do in scratch. */
    private static void readScales(long address, int count, float[] floats, int at) {
        for (int first = 0; first < count; first += BLOCKS) {
            FloatVector d = ((IntVector) ShortVector.fromMemorySegment(S, MEMORY, address, ORDER)
                    .convertShape(VectorOperators.S2I, I, 0)).lanewise(VectorOperators.LSHL, HalfTable.SHIFT)
                    .and(HalfTable.MASK).reinterpretAsFloats().mul(HalfTable.FACTOR);
            for (int b = 0; b < BLOCKS; b++) {
                d.mul((FloatVector) ByteVector.fromMemorySegment(B, MEMORY, address + SCALE_BYTES_AT + b * L, ORDER)
                        .convertShape(VectorOperators.B2F, F, 0)).intoArray(floats, at);
                at += L;
            }
            address += SCALES_BYTES;
        }
    }

    @Override
    void multiplyGroups(float[] floats, long words0, long words1, long words2, long words3) {
        if (Lanes.ROTATES) {
            multiplyTwo(floats, starts, scales, scales, SUMS, words0, words1);
            multiplyTwo(floats, starts, scales, scales + 2 * blocks * L, SUMS + 2 * L, words2, words3);
        } else {
            convertTwo(floats, starts, scales, scales, SUMS, words0, words1);
            convertTwo(floats, starts, scales, scales + 2 * blocks * L, SUMS + 2 * L, words2, words3);
        }
    }

    /** See {@link PackedProduct}; fields are put together first, and so there are two groups. */
    private static void multiplyTwo(float[] floats, int start, int end, int scales, int sums, long words0,
            long words1) {
        IntVector one = IntVector.broadcast(I, ONE_BITS);
        IntVector nibble = IntVector.broadcast(I, NIBBLE_MASK);
        IntVector mask = IntVector.broadcast(I, FIELD_MASK);
        FloatVector t0 = FloatVector.fromArray(F, floats, sums);
        FloatVector t1 = FloatVector.fromArray(F, floats, sums + L);
        int groupScales = (end - start) * L;
        int inputs = INPUT;
        int step = notConstant;
        for (int block = start; block < end; block += step) {
            FloatVector s0 = FloatVector.broadcast(F, floats[block]);
            FloatVector s1 = s0;
            IntVector h0 = IntVector.fromMemorySegment(I, MEMORY, words0 + 2 * WORDS, ORDER);
            IntVector h1 = IntVector.fromMemorySegment(I, MEMORY, words1 + 2 * WORDS, ORDER);
            for (int word = 0; word < 2; word += step) {
                IntVector p0 = IntVector.fromMemorySegment(I, MEMORY, words0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, MEMORY, words1, ORDER);
                for (int half = 0; half < 2; half += step) {
                    IntVector q0 = h0.bitwiseBlend(p0, nibble);
                    IntVector q1 = h1.bitwiseBlend(p1, nibble);
                    for (int field = 0; field < 4; field++) {
                        FloatVector input = FloatVector.broadcast(F, floats[inputs + field]);
                        s0 = q0.and(mask).or(one).reinterpretAsFloats().fma(input, s0);
                        s1 = q1.and(mask).or(one).reinterpretAsFloats().fma(input, s1);
                        q0 = q0.lanewise(VectorOperators.ROR, 8);
                        q1 = q1.lanewise(VectorOperators.ROR, 8);
                    }
                    inputs += 4;
                    p0 = p0.lanewise(VectorOperators.ROR, 4);
                    p1 = p1.lanewise(VectorOperators.ROR, 4);
                    h0 = h0.lanewise(VectorOperators.ROR, 2);
                    h1 = h1.lanewise(VectorOperators.ROR, 2);
                }
                words0 += WORDS;
                words1 += WORDS;
            }
            words0 += WORDS;
            words1 += WORDS;
            t0 = FloatVector.fromArray(F, floats, scales).fma(s0, t0);
            t1 = FloatVector.fromArray(F, floats, scales + groupScales).fma(s1, t1);
            scales += L;
        }
        t0.intoArray(floats, sums);
        t1.intoArray(floats, sums + L);
    }

    /** The same as {@link ConvertedProduct} does it; no field is below zero. */
    private static void convertTwo(float[] floats, int start, int end, int scales, int sums, long words0,
            long words1) {
        int[] masks = FIELDS;
        IntVector nibble = IntVector.broadcast(I, LOW_NIBBLES);
        FloatVector t0 = FloatVector.fromArray(F, floats, sums);
        FloatVector t1 = FloatVector.fromArray(F, floats, sums + L);
        int groupScales = (end - start) * L;
        int inputs = INPUT;
        int step = notConstant;
        for (int block = start; block < end; block += step) {
            FloatVector s0 = FloatVector.broadcast(F, floats[block] * START_FACTOR);
            FloatVector s1 = s0;
            IntVector h0 = IntVector.fromMemorySegment(I, MEMORY, words0 + 2 * WORDS, ORDER)
                    .lanewise(VectorOperators.ROR, FIELD);
            IntVector h1 = IntVector.fromMemorySegment(I, MEMORY, words1 + 2 * WORDS, ORDER)
                    .lanewise(VectorOperators.ROR, FIELD);
            for (int word = 0; word < 2; word += step) {
                IntVector p0 = IntVector.fromMemorySegment(I, MEMORY, words0, ORDER)
                        .lanewise(VectorOperators.ROR, FIELD);
                IntVector p1 = IntVector.fromMemorySegment(I, MEMORY, words1, ORDER)
                        .lanewise(VectorOperators.ROR, FIELD);
                for (int half = 0; half < 2; half += step) {
                    IntVector q0 = h0.bitwiseBlend(p0, nibble);
                    IntVector q1 = h1.bitwiseBlend(p1, nibble);
                    for (int field = 0; field < 4; field += step) {
                        FloatVector input = FloatVector.broadcast(F, floats[inputs + field]);
                        IntVector mask = IntVector.broadcast(I, masks[field]);
                        s0 = ((FloatVector) q0.and(mask).convert(VectorOperators.I2F, 0)).fma(input, s0);
                        s1 = ((FloatVector) q1.and(mask).convert(VectorOperators.I2F, 0)).fma(input, s1);
                    }
                    inputs += 4;
                    p0 = p0.lanewise(VectorOperators.LSHR, 4);
                    p1 = p1.lanewise(VectorOperators.LSHR, 4);
                    h0 = h0.lanewise(VectorOperators.ROR, 2);
                    h1 = h1.lanewise(VectorOperators.ROR, 2);
                }
                words0 += WORDS;
                words1 += WORDS;
            }
            words0 += WORDS;
            words1 += WORDS;
            t0 = FloatVector.fromArray(F, floats, scales).fma(s0, t0);
            t1 = FloatVector.fromArray(F, floats, scales + groupScales).fma(s1, t1);
            scales += L;
        }
        t0.intoArray(floats, sums);
        t1.intoArray(floats, sums + L);
    }

    @Override
    void unpack(long scaleAddress, long wordAddress, int group, int lane, int from, int count, float[] target,
            int offset) {
        for (int b = 0; b < count; b++) {
            long scales = scales(scaleAddress, group, from + b);
            target[offset + b * BLOCK] = HalfTable.FLOATS[MEMORY.get(HALF, scales + lane * 2L) & 0xffff]
                    * MEMORY.get(ValueLayout.JAVA_BYTE, scales + SCALE_BYTES_AT + (from + b) % BLOCKS * L + lane)
                    * (1 << BITS);
        }
        unpackBlocks(wordAddress + (long) from * BLOCK_BYTES + lane * 4L, count, target, offset);
    }

    /** The target has a block's scale where it begins. */
    private static void unpackBlocks(long address, int count, float[] target, int offset) {
        IntVector one = IntVector.broadcast(I, ONE_BITS);
        IntVector nibbleMask = IntVector.broadcast(I, NIBBLE_MASK);
        IntVector mask = IntVector.broadcast(I, FIELD_MASK);
        FloatVector zero = FloatVector.broadcast(F, ZERO);
        for (int b = 0; b < count; b++) {
            FloatVector factor = FloatVector.broadcast(F, target[offset + b * BLOCK]);
            for (int i = 0; i < BLOCK; i += L) {
                // Eight columns have their nibbles in the same word.
                IntVector nibbles = IntVector.broadcast(I, MEMORY.get(INT, address + i / 8 * WORDS));
                if (L >= 16) {
                    IntVector second = IntVector.broadcast(I, MEMORY.get(INT, address + WORDS));
                    nibbles = nibbles.blend(second, THIRD).blend(second, FOURTH);
                }
                IntVector pairs = IntVector.broadcast(I, MEMORY.get(INT, address + 2 * WORDS))
                        .lanewise(VectorOperators.ROR, IntVector.fromArray(I, PAIRS, i));
                pairs.bitwiseBlend(nibbles.lanewise(VectorOperators.ROR, IntVector.fromArray(I, NIBBLES, i)),
                        nibbleMask)
                        .and(mask).or(one).reinterpretAsFloats().add(zero).mul(factor)
                        .intoArray(target, offset + b * BLOCK + i);
            }
            address += BLOCK_BYTES;
        }
    }
}
