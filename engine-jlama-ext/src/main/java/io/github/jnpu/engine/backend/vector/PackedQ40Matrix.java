package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;

import java.lang.foreign.Arena;

/** Q4_0 packed: the scales {@code [group][block][row]} as half floats, then nibbles of which 8 is taken. */
final class PackedQ40Matrix extends PackedNibbleMatrix {
    /** A scale and 16 bytes, by twos. */
    private static final int FILE_BLOCK = 9;
    /** Fields become 1 to 2, of which 1 and the half that stands for 8 are taken. */
    private static final float ZERO = -1.5f;

    PackedQ40Matrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena, PANEL / BLOCK * 2, ZERO);
    }

    @Override
    void pack(short[] file, int count, int lane, byte[] panelScales, int[] panelWords) {
        for (int b = 0; b < count; b++) {
            int at = b * FILE_BLOCK;
            writeHalf(panelScales, (b * L + lane) * 2, file[at]);
            for (int word = 0; word < BLOCK_WORDS; word++) {
                writeWord(panelWords, b, word, lane, word(file, at + 1 + 2 * word));
            }
        }
    }

    @Override
    void prepare(float[] input, float[] floats) {
        prepare(input, floats, ZERO);
    }

    private long scale(long scaleAddress, int group, int block, int lane) {
        return scaleAddress + ((group * blocks + block) * L + lane) * 2L;
    }

    @Override
    void readScales(long scaleAddress, float[] floats) {
        HalfTable.convert(scaleAddress, GROUPS * blocks * L, floats, scales);
    }

    @Override
    void unpack(long scaleAddress, long wordAddress, int group, int lane, int from, int count, float[] target,
            int offset) {
        long scale = scale(scaleAddress, group, from, lane);
        for (int b = 0; b < count; b++) {
            target[offset + b * BLOCK] = HalfTable.FLOATS[MEMORY.get(HALF, scale) & 0xffff] * (1 << BITS);
            // Minus zero changes no sum, not even that of a zero.
            target[offset + b * BLOCK + 1] = -0f;
            scale += 2 * L;
        }
        unpackBlocks(wordAddress, from, count, lane, ZERO, target, offset);
    }
}
