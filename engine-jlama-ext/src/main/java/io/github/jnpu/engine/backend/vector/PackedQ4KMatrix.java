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
 * Q4_K packed. The six-bit scales and minimums take a byte each, which is 3 % more memory and saves their unpacking. Scales:
 * {@code [group][super-block]} each have {@code [row]} half floats that scales are multiplied by, the same for minimums, and
 * {@code [block][row]} the bytes of scales and of minimums; at 128 bits a load of bytes reads four of the next row, too.
 */
final class PackedQ4KMatrix extends PackedNibbleMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Short> S = Lanes.SHORT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final int SUPER_BLOCK = 256;
    private static final int BLOCKS = SUPER_BLOCK / BLOCK;
    // In the file, by two bytes.
    private static final int FILE_SCALES_AT = 2;
    private static final int FILE_NIBBLES_AT = 8;
    private static final int LOW_NIBBLES = 0x0f0f0f0f;
    /** Fields become 1 to 2, of which 1 is taken. */
    private static final float ZERO = -1;
    // Of a super-block of a group, packed.
    private static final int MINIMUM_HALVES_AT = 2 * L;
    private static final int SCALE_BYTES_AT = 4 * L;
    private static final int MINIMUM_BYTES_AT = SCALE_BYTES_AT + BLOCKS * L;
    private static final int SCALES_BYTES = MINIMUM_BYTES_AT + BLOCKS * L;

    PackedQ4KMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena, SCALES_BYTES / L, ZERO);
    }

    private long scales(long scaleAddress, int group, int block) {
        return scaleAddress + (long) (group * (blocks / BLOCKS) + block / BLOCKS) * SCALES_BYTES;
    }

    @Override
    void pack(short[] file, int count, int lane, byte[] panelScales, int[] panelWords) {
        writeHalf(panelScales, lane * 2, file[0]);
        writeHalf(panelScales, MINIMUM_HALVES_AT + lane * 2, file[1]);
        for (int b = 0; b < BLOCKS; b++) {
            panelScales[SCALE_BYTES_AT + b * L + lane] = (byte) (b < 4
                    ? scaleByte(file, b) & 63
                    : scaleByte(file, b + 4) & 15 | scaleByte(file, b - 4) >> 6 << 4);
            panelScales[MINIMUM_BYTES_AT + b * L + lane] = (byte) (b < 4
                    ? scaleByte(file, b + 4) & 63
                    : scaleByte(file, b + 4) >> 4 | scaleByte(file, b) >> 6 << 4);
        }
        // 32 bytes have a block in their low nibbles and the next in their high ones.
        for (int pair = 0; pair < BLOCKS / 2; pair++) {
            int nibbles = FILE_NIBBLES_AT + pair * 16;
            for (int word = 0; word < BLOCK_WORDS; word++) {
                int first = word(file, nibbles + 2 * word);
                int second = word(file, nibbles + 8 + 2 * word);
                writeWord(panelWords, 2 * pair, word, lane, first & LOW_NIBBLES | (second & LOW_NIBBLES) << 4);
                writeWord(panelWords, 2 * pair + 1, word, lane, first >>> 4 & LOW_NIBBLES | second & ~LOW_NIBBLES);
            }
        }
    }

    /** One of the twelve bytes with scales and minimums. */
    private static int scaleByte(short[] file, int i) {
        return file[FILE_SCALES_AT + i / 2] >> i % 2 * 8 & 0xff;
    }

    @Override
    void prepare(float[] input, float[] floats) {
        prepare(input, floats, ZERO);
    }

    @Override
    void readScales(long scaleAddress, float[] floats) {
        for (int group = 0; group < GROUPS; group++) {
            readScales(scales(scaleAddress, group, 0), floats, starts, blocks, scales + group * blocks * L,
                    SUMS + group * L, 1 / fieldScale);
        }
    }

    /** Adds the minimums to the sums: the sums of their inputs are minus what the blocks start with. */
    private static void readScales(long address, float[] floats, int start, int blocks, int at, int sums,
            float perUnit) {
        FloatVector sum = FloatVector.zero(F);
        for (int first = 0; first < blocks; first += BLOCKS) {
            FloatVector d = ((IntVector) ShortVector.fromMemorySegment(S, MEMORY, address, ORDER)
                    .convertShape(VectorOperators.S2I, I, 0)).lanewise(VectorOperators.LSHL, HalfTable.SHIFT)
                    .and(HalfTable.MASK).reinterpretAsFloats().mul(HalfTable.FACTOR);
            FloatVector m = ((IntVector) ShortVector.fromMemorySegment(S, MEMORY, address + MINIMUM_HALVES_AT, ORDER)
                    .convertShape(VectorOperators.S2I, I, 0)).lanewise(VectorOperators.LSHL, HalfTable.SHIFT)
                    .and(HalfTable.MASK).reinterpretAsFloats().mul(HalfTable.FACTOR);
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
    void unpack(long scaleAddress, long wordAddress, int group, int lane, int from, int count, float[] target,
            int offset) {
        for (int b = 0; b < count; b++) {
            long scales = scales(scaleAddress, group, from + b);
            long bytes = scales + (from + b) % BLOCKS * L + lane;
            target[offset + b * BLOCK] = HalfTable.FLOATS[MEMORY.get(HALF, scales + lane * 2L) & 0xffff]
                    * MEMORY.get(ValueLayout.JAVA_BYTE, bytes + SCALE_BYTES_AT) * (1 << BITS);
            target[offset + b * BLOCK + 1] = -HalfTable.FLOATS[MEMORY.get(HALF,
                    scales + MINIMUM_HALVES_AT + lane * 2L) & 0xffff]
                    * MEMORY.get(ValueLayout.JAVA_BYTE, bytes + MINIMUM_BYTES_AT);
        }
        unpackBlocks(wordAddress, from, count, lane, ZERO, target, offset);
    }
}
