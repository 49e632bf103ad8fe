package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;

/**
 * Weights of four bits in blocks of 32 columns: word k has the columns 4k to 4k + 3 and the same plus 16, by turns, as the bytes of
 * Q4_0 have them; with AVX-512 each word is rotated so that its first field is the upper bits of a float's fraction.
 */
abstract class PackedNibbleMatrix extends PackedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    static final int BLOCK = 32;
    static final int BITS = 4;
    static final int FIELD = 23 - BITS;
    private static final int HALF_BLOCK = BLOCK / 2;
    static final int BLOCK_WORDS = 4;
    /** Of a block of a group. */
    private static final int BLOCK_BYTES = BLOCK_WORDS * WORDS;
    private static final int FIELDS = 8;
    private static final float[] INPUT_FACTORS = inputFactors(BITS);
    /** Column i is the low nibble of byte i % 4. */
    private static final int[] ROTATIONS = rotations(FIELD, 0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24);

    private final float startFactor;

    /**
     * @param zero
     *            what a block's start is made of, see {@link #prepare}
     */
    PackedNibbleMatrix(ModelTensor tensor, Arena arena, int scalePanelBytes, float zero) {
        super(tensor, arena, BLOCK, BITS, scalePanelBytes, BLOCK_WORDS);
        this.startFactor = (zero + 1) / zero;
    }

    /** Writes a block's word: eight nibbles, the first in the lowest bits. */
    static void writeWord(int[] words, int block, int word, int lane, int nibbles) {
        words[(block * BLOCK_WORDS + word) * L + lane] = Integer.rotateLeft(nibbles ^ SIGN, rotation(FIELD));
    }

    /** Writes the inputs in the order of the fields, and a block's start: the sum of its inputs times a factor. */
    final void prepare(float[] input, float[] floats, float factor) {
        for (int b = 0; b < blocks; b++) {
            int x = b * BLOCK;
            int y = INPUT + x;
            float even = 0;
            float odd = 0;
            for (int i = 0; i < HALF_BLOCK; i++) {
                float low = input[x + i];
                float high = input[x + HALF_BLOCK + i];
                floats[y + 2 * i] = low * INPUT_FACTORS[2 * i % FIELDS];
                floats[y + 2 * i + 1] = high * INPUT_FACTORS[2 * i % FIELDS + 1];
                even += low;
                odd += high;
            }
            floats[starts + b] = factor * (even + odd);
        }
    }

    @Override
    final void multiplyGroups(float[] floats, long words0, long words1, long words2, long words3) {
        if (Lanes.ROTATES) {
            PackedProduct.multiplyNibbles(floats, starts, scales, words0, words1, words2, words3);
        } else {
            ConvertedProduct.multiplyNibbles(floats, starts, scales, startFactor, words0, words1, words2, words3);
        }
    }

    /**
     * Dequantises blocks of a lane: {@code (number + addend) * scale + minimum}, where a number is what a field becomes.
     *
     * @param target
     *            has a scale and a minimum where each block begins, which its weights overwrite
     */
    static void unpackBlocks(long wordAddress, int from, int count, int lane, float addend, float[] target,
            int offset) {
        IntVector one = IntVector.broadcast(I, ONE_BITS);
        IntVector mask = IntVector.broadcast(I, (1 << 23) - (1 << FIELD));
        IntVector rotations = IntVector.fromArray(I, ROTATIONS, 0);
        FloatVector zero = FloatVector.broadcast(F, addend);
        long address = wordAddress + (long) from * BLOCK_BYTES + lane * 4L;
        for (int b = 0; b < count; b++) {
            FloatVector factor = FloatVector.broadcast(F, target[offset + b * BLOCK]);
            FloatVector least = FloatVector.broadcast(F, target[offset + b * BLOCK + 1]);
            for (int i = 0; i < HALF_BLOCK; i += L) {
                IntVector words = IntVector.broadcast(I, MEMORY.get(INT, address));
                if (L >= 8) {
                    words = words.blend(IntVector.broadcast(I, MEMORY.get(INT, address + WORDS)), SECOND);
                }
                if (L >= 16) {
                    words = words.blend(IntVector.broadcast(I, MEMORY.get(INT, address + 2 * WORDS)), THIRD)
                            .blend(IntVector.broadcast(I, MEMORY.get(INT, address + 3 * WORDS)), FOURTH);
                }
                words = words.lanewise(VectorOperators.XOR, SIGN).lanewise(VectorOperators.ROR, rotations);
                words.and(mask).or(one).reinterpretAsFloats().add(zero).fma(factor, least)
                        .intoArray(target, offset + b * BLOCK + i);
                words.lanewise(VectorOperators.ROR, BITS).and(mask).or(one).reinterpretAsFloats().add(zero)
                        .fma(factor, least).intoArray(target, offset + b * BLOCK + HALF_BLOCK + i);
                address += L / 4 * WORDS;
            }
        }
    }
}
