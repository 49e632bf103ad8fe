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
 * Q4_K packed. The six-bit scales and minimums take a byte each, which is 3 % more memory and saves their unpacking:
 * {@code [group][super-block]} each have
 * {@code [row]} half floats that scales are multiplied by, the same for minimums, {@code [block][row]} scales and minimums.
 */
final class PackedQ4KMatrix extends PackedNibbleMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Short> S = Lanes.SHORT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final int SUPER_BLOCK = 256;
    private static final int BLOCKS = SUPER_BLOCK / BLOCK;
    private static final int SCALES_AT = 4;
    private static final int NIBBLES_AT = 16;
    private static final int LOW_NIBBLES = 0x0f0f0f0f;
    /** Fields become 1 to 2, of which 1 is taken. */
    private static final float ZERO = -1;
    // A half float's bits as those of a float, which then is 2^112 too small: sign, exponent and fraction.
    private static final int HALF_SHIFT = 13;
    private static final int HALF_MASK = 0x8fffe000;
    private static final float HALF_FACTOR = 0x1p112f;

    private static final int MINIMUM_HALVES_AT = 2 * L;
    private static final int SCALE_BYTES_AT = 4 * L;
    private static final int MINIMUM_BYTES_AT = SCALE_BYTES_AT + BLOCKS * L;

    private static final int SCALES_BYTES = MINIMUM_BYTES_AT + BLOCKS * L;

    PackedQ4KMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena, (long) tensor.columns() / SUPER_BLOCK * SCALES_BYTES / L);
    }

    private long scales(long scaleAddress, int group, int block) {
        return scaleAddress + (long) (group * (blocks / BLOCKS) + block / BLOCKS) * SCALES_BYTES;
    }

    @Override
    void pack(long file, int from, int to, int group, int lane, long scaleAddress, long wordAddress) {
        long scales = scales(scaleAddress, group, from / BLOCK);
        MEMORY.set(HALF, scales + lane * 2L, MEMORY.get(HALF, file));
        MEMORY.set(HALF, scales + MINIMUM_HALVES_AT + lane * 2L, MEMORY.get(HALF, file + 2));
        for (int b = 0; b < BLOCKS; b++) {
            MEMORY.set(ValueLayout.JAVA_BYTE, scales + SCALE_BYTES_AT + b * L + lane, scale(file + SCALES_AT, b));
            MEMORY.set(ValueLayout.JAVA_BYTE, scales + MINIMUM_BYTES_AT + b * L + lane, minimum(file + SCALES_AT, b));
        }
        // 32 bytes have a block in their low nibbles and the next in their high ones.
        for (int pair = 0; pair < BLOCKS / 2; pair++) {
            long nibbles = file + NIBBLES_AT + pair * 32;
            for (int word = 0; word < 4; word++) {
                int first = MEMORY.get(INT, nibbles + word * 4);
                int second = MEMORY.get(INT, nibbles + 16 + word * 4);
                writeWord(wordAddress, from / BLOCK + 2 * pair, word, lane,
                        first & LOW_NIBBLES | (second & LOW_NIBBLES) << 4);
                writeWord(wordAddress, from / BLOCK + 2 * pair + 1, word, lane,
                        first >>> 4 & LOW_NIBBLES | second & ~LOW_NIBBLES);
            }
        }
    }

    private static byte scale(long scales, int i) {
        int low = MEMORY.get(ValueLayout.JAVA_BYTE, scales + i);
        return (byte) (i < 4
                ? low & 63
                : MEMORY.get(ValueLayout.JAVA_BYTE, scales + i + 4) & 15
                        | (MEMORY.get(ValueLayout.JAVA_BYTE, scales + i - 4) >> 2 & 0x30));
    }

    private static byte minimum(long scales, int i) {
        int low = MEMORY.get(ValueLayout.JAVA_BYTE, scales + i + 4);
        return (byte) (i < 4 ? low & 63 : low >> 4 & 15 | MEMORY.get(ValueLayout.JAVA_BYTE, scales + i) >> 2 & 0x30);
    }

    @Override
    void prepare(float[] input, float[] floats) {
        prepare(input, floats, ZERO);
    }

    @Override
    void readScales(long scaleAddress, float[] floats) {
        for (int group = 0; group < GROUPS; group++) {
            readScales(scales(scaleAddress, group, 0), floats, starts, blocks, scales + group * blocks * L,
                    SUMS + group * L, 1 / one);
        }
    }

    /** Adds the minimums to the sums: the sums of their inputs are minus what the blocks start with. */
    private static void readScales(long address, float[] floats, int start, int blocks, int at, int sums,
            float perUnit) {
        FloatVector sum = FloatVector.zero(F);
        for (int first = 0; first < blocks; first += BLOCKS) {
            FloatVector d = ((IntVector) ShortVector.fromMemorySegment(S, MEMORY, address, ORDER)
                    .convertShape(VectorOperators.S2I, I, 0)).lanewise(VectorOperators.LSHL, HALF_SHIFT)
                    .and(HALF_MASK).reinterpretAsFloats().mul(HALF_FACTOR);
            FloatVector m = ((IntVector) ShortVector.fromMemorySegment(S, MEMORY, address + MINIMUM_HALVES_AT, ORDER)
                    .convertShape(VectorOperators.S2I, I, 0)).lanewise(VectorOperators.LSHL, HALF_SHIFT)
                    .and(HALF_MASK).reinterpretAsFloats().mul(HALF_FACTOR);
            FloatVector minimums = FloatVector.zero(F);
            for (int b = 0; b < BLOCKS; b++) {
                d.mul((FloatVector) ByteVector.fromMemorySegment(B, MEMORY, address + SCALE_BYTES_AT + b * L, ORDER)
                        .convertShape(VectorOperators.B2F, F, 0)).intoArray(floats, at);
                at += L;
                minimums = ((FloatVector) ByteVector
                        .fromMemorySegment(B, MEMORY, address + MINIMUM_BYTES_AT + b * L, ORDER)
                        .convertShape(VectorOperators.B2F, F, 0))
                        .fma(FloatVector.broadcast(F, floats[start + first + b]), minimums);
            }
            sum = minimums.fma(m, sum);
            address += SCALES_BYTES;
        }
        sum.mul(perUnit).intoArray(floats, sums);
    }

    @Override
    void unpack(long scaleAddress, long wordAddress, int group, int lane, int block, float[] target, int offset) {
        long scales = scales(scaleAddress, group, block);
        int b = block % BLOCKS;
        float scale = HalfTable.FLOATS[MEMORY.get(HALF, scales + lane * 2L) & 0xffff]
                * MEMORY.get(ValueLayout.JAVA_BYTE, scales + SCALE_BYTES_AT + b * L + lane);
        float minimum = HalfTable.FLOATS[MEMORY.get(HALF, scales + MINIMUM_HALVES_AT + lane * 2L) & 0xffff]
                * MEMORY.get(ValueLayout.JAVA_BYTE, scales + MINIMUM_BYTES_AT + b * L + lane);
        unpackBlock(wordAddress, block, lane, ZERO, scale, -minimum, target, offset);
    }
}
