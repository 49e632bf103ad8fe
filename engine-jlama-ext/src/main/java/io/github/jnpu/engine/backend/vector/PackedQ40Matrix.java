package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;

import java.lang.foreign.Arena;

/** Q4_0 packed: the scales {@code [group][block][row]} as half floats, then nibbles of which 8 is taken. */
final class PackedQ40Matrix extends PackedNibbleMatrix {
    private static final int FILE_BLOCK_BYTES = 18;
    /** Fields become 1 to 2, of which 1 and the half that stands for 8 are taken. */
    private static final float ZERO = -1.5f;

    PackedQ40Matrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena, (long) tensor.columns() / BLOCK * 2);
    }

    @Override
    void pack(long file, int from, int to, int group, int lane, long scaleAddress, long wordAddress) {
        for (int b = from / BLOCK; b < to / BLOCK; b++) {
            MEMORY.set(HALF, scale(scaleAddress, group, b, lane), MEMORY.get(HALF, file));
            for (int word = 0; word < 4; word++) {
                writeWord(wordAddress, b, word, lane, MEMORY.get(INT, file + 2 + word * 4));
            }
            file += FILE_BLOCK_BYTES;
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
    void unpack(long scaleAddress, long wordAddress, int group, int lane, int block, float[] target, int offset) {
        float scale = HalfTable.FLOATS[MEMORY.get(HALF, scale(scaleAddress, group, block, lane)) & 0xffff];
        unpackBlock(wordAddress, block, lane, ZERO, scale, 0, target, offset);
    }
}
