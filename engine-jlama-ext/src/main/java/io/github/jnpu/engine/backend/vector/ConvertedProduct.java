package io.github.jnpu.engine.backend.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/**
 * {@link PackedProduct} for processors that have neither rotation nor ternary logic, which is all without AVX-512: a field took six
 * instructions there. Here it takes three: it is cut out where it lies in the word, converted as the whole number that it is there, and
 * multiplied by an input that was made smaller by as much ({@link PackedMatrix#inputFactors}).
 *
 * <p>One core of a Xeon (Granite Rapids) with {@code -XX:UseAVX=2}, billions of multiply-adds a second from the second-level cache (and from memory),
 * rotated and converted: Q4_0 9.0 (7.8) and
 * 19.8 (15.9), Q8_0 12.6 (10.3) and 15.0 (11.4), Q4_K 7.1 (6.3) and 12.9 (11.5). The loop over fields must stay a loop: unrolled, C2 cuts
 * all fields out first and has no registers for them (11 instead of 17).
 */
final class ConvertedProduct {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final int L = F.length();
    private static final int WORDS = PackedMatrix.WORDS;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final int[] NIBBLES = {15, 15 << 4, 15 << 8, 15 << 12, 15 << 16, 15 << 20, 15 << 24, 15 << 28};
    private static final int[] BYTES = {255, 255 << 8, 255 << 16, 255 << 24};
    /** See {@link PackedProduct}. */
    private static int notConstant = 1;

    private ConvertedProduct() {}

    /**
     * Fields of four bits; parameters as of {@link PackedProduct#multiplyNibbles}.
     *
     * @param startFactor
     *            by which a block's start is multiplied: there is no 1 added to each field
     */
    static void multiplyNibbles(float[] floats, int start, int scales, float startFactor, long words0, long words1,
            long words2, long words3) {
        int[] masks = NIBBLES;
        FloatVector t0 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS);
        FloatVector t1 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + L);
        FloatVector t2 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + 2 * L);
        FloatVector t3 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + 3 * L);
        int end = scales;
        int groupScales = (end - start) * L;
        int inputs = PackedMatrix.INPUT;
        int step = notConstant;
        for (int block = start; block < end; block += step) {
            // What the last fields of the words lack, see PackedMatrix.SIGN.
            float last = floats[inputs + 7] + floats[inputs + 15] + (floats[inputs + 23] + floats[inputs + 31]);
            FloatVector s0 = FloatVector.broadcast(F, floats[block] * startFactor + last * 0x1p31f);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int word = 0; word < 4; word += step) {
                IntVector p0 = IntVector.fromMemorySegment(I, MEMORY, words0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, MEMORY, words1, ORDER);
                IntVector p2 = IntVector.fromMemorySegment(I, MEMORY, words2, ORDER);
                IntVector p3 = IntVector.fromMemorySegment(I, MEMORY, words3, ORDER);
                for (int field = 0; field < 8; field += step) {
                    FloatVector input = FloatVector.broadcast(F, floats[inputs + field]);
                    IntVector mask = IntVector.broadcast(I, masks[field]);
                    s0 = ((FloatVector) p0.and(mask).convert(VectorOperators.I2F, 0)).fma(input, s0);
                    s1 = ((FloatVector) p1.and(mask).convert(VectorOperators.I2F, 0)).fma(input, s1);
                    s2 = ((FloatVector) p2.and(mask).convert(VectorOperators.I2F, 0)).fma(input, s2);
                    s3 = ((FloatVector) p3.and(mask).convert(VectorOperators.I2F, 0)).fma(input, s3);
                }
                inputs += 8;
                words0 += WORDS;
                words1 += WORDS;
                words2 += WORDS;
                words3 += WORDS;
            }
            t0 = FloatVector.fromArray(F, floats, scales).fma(s0, t0);
            t1 = FloatVector.fromArray(F, floats, scales + groupScales).fma(s1, t1);
            t2 = FloatVector.fromArray(F, floats, scales + 2 * groupScales).fma(s2, t2);
            t3 = FloatVector.fromArray(F, floats, scales + 3 * groupScales).fma(s3, t3);
            scales += L;
        }
        t0.intoArray(floats, PackedMatrix.SUMS);
        t1.intoArray(floats, PackedMatrix.SUMS + L);
        t2.intoArray(floats, PackedMatrix.SUMS + 2 * L);
        t3.intoArray(floats, PackedMatrix.SUMS + 3 * L);
    }

    /** Fields of eight bits; the same parameters. */
    static void multiplyBytes(float[] floats, int start, int scales, float startFactor, long words0, long words1,
            long words2, long words3) {
        int[] masks = BYTES;
        FloatVector t0 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS);
        FloatVector t1 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + L);
        FloatVector t2 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + 2 * L);
        FloatVector t3 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + 3 * L);
        int end = scales;
        int groupScales = (end - start) * L;
        int inputs = PackedMatrix.INPUT;
        int step = notConstant;
        for (int block = start; block < end; block += step) {
            float last = floats[inputs + 3] + floats[inputs + 7] + (floats[inputs + 11] + floats[inputs + 15])
                    + (floats[inputs + 19] + floats[inputs + 23] + (floats[inputs + 27] + floats[inputs + 31]));
            FloatVector s0 = FloatVector.broadcast(F, floats[block] * startFactor + last * 0x1p31f);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int word = 0; word < 8; word += step) {
                IntVector p0 = IntVector.fromMemorySegment(I, MEMORY, words0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, MEMORY, words1, ORDER);
                IntVector p2 = IntVector.fromMemorySegment(I, MEMORY, words2, ORDER);
                IntVector p3 = IntVector.fromMemorySegment(I, MEMORY, words3, ORDER);
                for (int field = 0; field < 4; field += step) {
                    FloatVector input = FloatVector.broadcast(F, floats[inputs + field]);
                    IntVector mask = IntVector.broadcast(I, masks[field]);
                    s0 = ((FloatVector) p0.and(mask).convert(VectorOperators.I2F, 0)).fma(input, s0);
                    s1 = ((FloatVector) p1.and(mask).convert(VectorOperators.I2F, 0)).fma(input, s1);
                    s2 = ((FloatVector) p2.and(mask).convert(VectorOperators.I2F, 0)).fma(input, s2);
                    s3 = ((FloatVector) p3.and(mask).convert(VectorOperators.I2F, 0)).fma(input, s3);
                }
                inputs += 4;
                words0 += WORDS;
                words1 += WORDS;
                words2 += WORDS;
                words3 += WORDS;
            }
            t0 = FloatVector.fromArray(F, floats, scales).fma(s0, t0);
            t1 = FloatVector.fromArray(F, floats, scales + groupScales).fma(s1, t1);
            t2 = FloatVector.fromArray(F, floats, scales + 2 * groupScales).fma(s2, t2);
            t3 = FloatVector.fromArray(F, floats, scales + 3 * groupScales).fma(s3, t3);
            scales += L;
        }
        t0.intoArray(floats, PackedMatrix.SUMS);
        t1.intoArray(floats, PackedMatrix.SUMS + L);
        t2.intoArray(floats, PackedMatrix.SUMS + 2 * L);
        t3.intoArray(floats, PackedMatrix.SUMS + 3 * L);
    }
}
