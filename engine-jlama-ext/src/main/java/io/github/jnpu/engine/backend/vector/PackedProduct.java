package io.github.jnpu.engine.backend.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/**
 * Decode's product over packed words: four groups of rows, fields of four or eight bits. A method this size is about as much as C2
 * compiles in one piece: when its graph has grown to 18,000 nodes while it parses, and an operation on vectors takes some 400, it
 * puts off inlining the rest, and then may box vectors. The widths of fields have a method each, as C2 unrolls the loop over fields
 * only when it knows their number: one method for both did 25 billion multiply-adds a second in the second-level cache, not 31.
 */
final class PackedProduct {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final int L = F.length();
    private static final int WORDS = PackedMatrix.WORDS;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    /**
     * One, but C2 must not know: it would cut the loops over a block's words and fields, which are short, into a part before, an
     * unrolled one and a part after.
     */
    private static int notConstant = 1;

    private PackedProduct() {}

    /**
     * Fields of four bits.
     *
     * @param floats
     *            scratch, with sums at {@link PackedMatrix#SUMS} and inputs at {@link PackedMatrix#INPUT}
     * @param start
     *            where it has what each block's sum starts with, up to {@code scales}
     * @param scales
     *            where it has the scales {@code [group][block][row]}
     */
    static void multiplyNibbles(float[] floats, int start, int scales, long words0, long words1, long words2,
            long words3) {
        IntVector one = IntVector.broadcast(I, PackedMatrix.ONE_BITS);
        IntVector mask = IntVector.broadcast(I, 15 << 19);
        FloatVector t0 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS);
        FloatVector t1 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + L);
        FloatVector t2 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + 2 * L);
        FloatVector t3 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + 3 * L);
        int end = scales;
        int groupScales = (end - start) * L;
        int inputs = PackedMatrix.INPUT;
        int step = notConstant;
        for (int block = start; block < end; block += step) {
            FloatVector s0 = FloatVector.broadcast(F, floats[block]);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int word = 0; word < 4; word += step) {
                IntVector p0 = IntVector.fromMemorySegment(I, MEMORY, words0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, MEMORY, words1, ORDER);
                IntVector p2 = IntVector.fromMemorySegment(I, MEMORY, words2, ORDER);
                IntVector p3 = IntVector.fromMemorySegment(I, MEMORY, words3, ORDER);
                for (int field = 0; field < 8; field++) {
                    FloatVector input = FloatVector.broadcast(F, floats[inputs + field]);
                    s0 = p0.and(mask).or(one).reinterpretAsFloats().fma(input, s0);
                    s1 = p1.and(mask).or(one).reinterpretAsFloats().fma(input, s1);
                    s2 = p2.and(mask).or(one).reinterpretAsFloats().fma(input, s2);
                    s3 = p3.and(mask).or(one).reinterpretAsFloats().fma(input, s3);
                    p0 = p0.lanewise(VectorOperators.ROR, 4);
                    p1 = p1.lanewise(VectorOperators.ROR, 4);
                    p2 = p2.lanewise(VectorOperators.ROR, 4);
                    p3 = p3.lanewise(VectorOperators.ROR, 4);
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
    static void multiplyBytes(float[] floats, int start, int scales, long words0, long words1, long words2,
            long words3) {
        IntVector one = IntVector.broadcast(I, PackedMatrix.ONE_BITS);
        IntVector mask = IntVector.broadcast(I, 255 << 15);
        FloatVector t0 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS);
        FloatVector t1 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + L);
        FloatVector t2 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + 2 * L);
        FloatVector t3 = FloatVector.fromArray(F, floats, PackedMatrix.SUMS + 3 * L);
        int end = scales;
        int groupScales = (end - start) * L;
        int inputs = PackedMatrix.INPUT;
        int step = notConstant;
        for (int block = start; block < end; block += step) {
            FloatVector s0 = FloatVector.broadcast(F, floats[block]);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int word = 0; word < 8; word += step) {
                IntVector p0 = IntVector.fromMemorySegment(I, MEMORY, words0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, MEMORY, words1, ORDER);
                IntVector p2 = IntVector.fromMemorySegment(I, MEMORY, words2, ORDER);
                IntVector p3 = IntVector.fromMemorySegment(I, MEMORY, words3, ORDER);
                for (int field = 0; field < 4; field++) {
                    FloatVector input = FloatVector.broadcast(F, floats[inputs + field]);
                    s0 = p0.and(mask).or(one).reinterpretAsFloats().fma(input, s0);
                    s1 = p1.and(mask).or(one).reinterpretAsFloats().fma(input, s1);
                    s2 = p2.and(mask).or(one).reinterpretAsFloats().fma(input, s2);
                    s3 = p3.and(mask).or(one).reinterpretAsFloats().fma(input, s3);
                    p0 = p0.lanewise(VectorOperators.ROR, 8);
                    p1 = p1.lanewise(VectorOperators.ROR, 8);
                    p2 = p2.lanewise(VectorOperators.ROR, 8);
                    p3 = p3.lanewise(VectorOperators.ROR, 8);
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
