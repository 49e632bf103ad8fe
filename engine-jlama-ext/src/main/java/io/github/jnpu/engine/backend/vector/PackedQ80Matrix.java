package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;

/** Q8_0 packed: the scales {@code [group][block][row]} as half floats, then words of four columns, 128 added to each. */
final class PackedQ80Matrix extends PackedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final int BLOCK = 32;
    /** A scale and 32 bytes, by twos. */
    private static final int FILE_BLOCK = 17;
    private static final int BITS = 8;
    static final int FIELD = 23 - BITS;
    private static final int BLOCK_WORDS = BLOCK / 4;
    private static final int BLOCK_BYTES = BLOCK_WORDS * WORDS;
    private static final int SIGNS = 0x80808080;
    /** Fields become 1 to 2, of which 1 and the half that stands for 128 are taken. */
    private static final float ZERO = -1.5f;
    private static final float[] INPUT_FACTORS = inputFactors(BITS);
    private static final int[] ROTATIONS = rotations(FIELD, 0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24);

    PackedQ80Matrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena, BLOCK, BITS, PANEL / BLOCK * 2, BLOCK_WORDS);
    }

    @Override
    void pack(short[] file, int count, int lane, byte[] panelScales, int[] panelWords) {
        for (int b = 0; b < count; b++) {
            int at = b * FILE_BLOCK;
            writeHalf(panelScales, (b * L + lane) * 2, file[at]);
            for (int word = 0; word < BLOCK_WORDS; word++) {
                panelWords[(b * BLOCK_WORDS + word) * L + lane] = Integer
                        .rotateLeft(word(file, at + 1 + 2 * word) ^ SIGNS ^ SIGN, rotation(FIELD));
            }
        }
    }

    @Override
    void prepare(float[] input, float[] floats) {
        copyInputs(input, floats, ZERO, INPUT_FACTORS);
    }

    private long scale(long scaleAddress, int group, int block, int lane) {
        return scaleAddress + ((group * blocks + block) * L + lane) * 2L;
    }

    @Override
    void readScales(long scaleAddress, float[] floats) {
        HalfTable.convert(scaleAddress, GROUPS * blocks * L, floats, scales);
    }

    @Override
    void multiplyGroups(float[] floats, long words0, long words1, long words2, long words3) {
        if (Lanes.ROTATES) {
            PackedProduct.multiplyBytes(floats, starts, scales, words0, words1, words2, words3);
        } else {
            ConvertedProduct.multiplyBytes(floats, starts, scales, (ZERO + 1) / ZERO, words0, words1, words2, words3);
        }
    }

    @Override
    void unpack(long scaleAddress, long wordAddress, int group, int lane, int from, int count, float[] target,
            int offset) {
        long scale = scale(scaleAddress, group, from, lane);
        for (int b = 0; b < count; b++) {
            target[offset + b * BLOCK] = HalfTable.FLOATS[MEMORY.get(HALF, scale) & 0xffff] * (1 << BITS);
            scale += 2 * L;
        }
        unpackBlocks(wordAddress + (long) from * BLOCK_BYTES + lane * 4L, count, target, offset);
    }

    /** The target has a block's scale where it begins. */
    private static void unpackBlocks(long address, int count, float[] target, int offset) {
        IntVector one = IntVector.broadcast(I, ONE_BITS);
        IntVector mask = IntVector.broadcast(I, (1 << 23) - (1 << FIELD));
        IntVector rotations = IntVector.fromArray(I, ROTATIONS, 0);
        FloatVector zero = FloatVector.broadcast(F, ZERO);
        for (int b = 0; b < count; b++) {
            FloatVector factor = FloatVector.broadcast(F, target[offset + b * BLOCK]);
            for (int i = 0; i < BLOCK; i += L) {
                IntVector words = IntVector.broadcast(I, MEMORY.get(INT, address));
                if (L >= 8) {
                    words = words.blend(IntVector.broadcast(I, MEMORY.get(INT, address + WORDS)), SECOND);
                }
                if (L >= 16) {
                    words = words.blend(IntVector.broadcast(I, MEMORY.get(INT, address + 2 * WORDS)), THIRD)
                            .blend(IntVector.broadcast(I, MEMORY.get(INT, address + 3 * WORDS)), FOURTH);
                }
                words.lanewise(VectorOperators.XOR, SIGN).lanewise(VectorOperators.ROR, rotations).and(mask).or(one)
                        .reinterpretAsFloats().add(zero)
                        .mul(factor).intoArray(target, offset + b * BLOCK + i);
                address += L / 4 * WORDS;
            }
        }
    }
}
