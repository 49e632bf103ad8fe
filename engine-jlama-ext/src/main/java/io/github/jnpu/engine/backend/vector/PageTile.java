package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.cpu.AttentionKernels;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Products of a few rows with a panel that still lies in a page of the KV cache: decode reads each page once, and loads from
 * memory go on while it multiplies. The results are those of {@link PageReader} and {@link PanelTile} to the last bit.
 *
 * <p>A tile is 4 rows of 4 vectors, so that all of a line of memory is used at once. Tiles of 2 vectors, which sweep a page twice, read
 * F16 from memory at 6 GB/s where these reach 10, and 14 in huge pages (one core of a Xeon 6, a context of 8,192); where there are
 * not registers enough for these, a page is turned to floats first.
 */
final class PageTile {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Short> S = Lanes.SHORT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final int L = F.length();
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > L;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
    private static final int PANEL = AttentionKernels.PANEL;
    private static final int BLOCK = KvCacheType.Q8_0.blockLength();
    private static final int ROWS = 4;
    /** The part of a load of bytes that becomes a second vector. */
    private static final int SECOND = TWO_PARTS ? 1 : 0;

    private PageTile() {}

    /** Whether there is code for panels of this type. */
    static boolean supports(KvCacheType type, int columns) {
        return PanelTile.WIDE && type != KvCacheType.F32 && columns == PANEL;
    }

    /**
     * As {@link AttentionKernels#multiplyAdd}, but the panel lies in a page.
     *
     * @param at
     *            where the panel begins, in bytes
     * @param scales
     *            where its scales begin in Q8_0: those of keys a row for each block, those of values a column
     * @param scaleStride
     *            how many scales of values one position has; 0 for keys
     */
    static void multiplyAdd(float[] a, int aOffset, int aStride, int rows, int from, int to, MemorySegment page,
            long at, long scales, int scaleStride, KvCacheType type, float[] c, int cOffset, int cStride) {
        for (int r = 0; r < rows; r += ROWS) {
            // The last row stands in for those that a tile lacks: it is computed again and stored again.
            int second = Math.min(r + 1, rows - 1);
            int third = Math.min(r + 2, rows - 1);
            int fourth = Math.min(r + 3, rows - 1);
            for (int x = 0; x < PANEL; x += 4 * L) {
                fourRows(a, aOffset + r * aStride, aOffset + second * aStride, aOffset + third * aStride,
                        aOffset + fourth * aStride, from, to, page, at, scales, scaleStride, type, x, c,
                        cOffset + r * cStride + x, cOffset + second * cStride + x, cOffset + third * cStride + x,
                        cOffset + fourth * cStride + x);
            }
        }
    }

    private static void fourRows(float[] a, int a0, int a1, int a2, int a3, int from, int to, MemorySegment page,
            long at,
            long scales, int scaleStride, KvCacheType type, int x, float[] c, int c0, int c1, int c2, int c3) {
        switch (type) {
            case F16 -> half(a, a0, a1, a2, a3, from, to, page, at + 2L * x, c, c0, c1, c2, c3);
            case BF16 -> brain(a, a0, a1, a2, a3, from, to, page, at + 2L * x, c, c0, c1, c2, c3);
            case Q8_0 -> {
                if (scaleStride > 0) {
                    byteValues(a, a0, a1, a2, a3, from, to, page, at + x, scales + 2L * (x / BLOCK),
                            scales + 2L * ((x + 2 * L) / BLOCK), 2 * scaleStride, c, c0, c1, c2, c3);
                    return;
                }
                for (int k = from; k < to; k += BLOCK) {
                    byteKeys(a, a0, a1, a2, a3, k, page, at + x, scales + 2L * (k / BLOCK * PANEL + x), c, c0, c1, c2,
                            c3);
                }
            }
            case F32 -> throw new IllegalArgumentException("floats are read by PageReader");
        }
    }

    private static void half(float[] a, int a0, int a1, int a2, int a3, int from, int to, MemorySegment page, long at,
            float[] c, int c0, int c1, int c2, int c3) {
        FloatVector s00 = FloatVector.fromArray(F, c, c0);
        FloatVector s01 = FloatVector.fromArray(F, c, c0 + L);
        FloatVector s02 = FloatVector.fromArray(F, c, c0 + 2 * L);
        FloatVector s03 = FloatVector.fromArray(F, c, c0 + 3 * L);
        FloatVector s10 = FloatVector.fromArray(F, c, c1);
        FloatVector s11 = FloatVector.fromArray(F, c, c1 + L);
        FloatVector s12 = FloatVector.fromArray(F, c, c1 + 2 * L);
        FloatVector s13 = FloatVector.fromArray(F, c, c1 + 3 * L);
        FloatVector s20 = FloatVector.fromArray(F, c, c2);
        FloatVector s21 = FloatVector.fromArray(F, c, c2 + L);
        FloatVector s22 = FloatVector.fromArray(F, c, c2 + 2 * L);
        FloatVector s23 = FloatVector.fromArray(F, c, c2 + 3 * L);
        FloatVector s30 = FloatVector.fromArray(F, c, c3);
        FloatVector s31 = FloatVector.fromArray(F, c, c3 + L);
        FloatVector s32 = FloatVector.fromArray(F, c, c3 + 2 * L);
        FloatVector s33 = FloatVector.fromArray(F, c, c3 + 3 * L);
        for (int k = from; k < to; k++) {
            long row = at + 2L * (k * PANEL);
            // See PageReader.
            FloatVector p0 = ((IntVector) ShortVector.fromMemorySegment(S, page, row, ORDER).castShape(I, 0))
                    .lanewise(VectorOperators.LSHL, 13).and(0x8fffe000).reinterpretAsFloats().mul(HalfFloatMatrix.BIAS);
            FloatVector p1 = ((IntVector) ShortVector.fromMemorySegment(S, page, row + 2L * L, ORDER).castShape(I, 0))
                    .lanewise(VectorOperators.LSHL, 13).and(0x8fffe000).reinterpretAsFloats().mul(HalfFloatMatrix.BIAS);
            FloatVector p2 = ((IntVector) ShortVector.fromMemorySegment(S, page, row + 4L * L, ORDER).castShape(I, 0))
                    .lanewise(VectorOperators.LSHL, 13).and(0x8fffe000).reinterpretAsFloats().mul(HalfFloatMatrix.BIAS);
            FloatVector p3 = ((IntVector) ShortVector.fromMemorySegment(S, page, row + 6L * L, ORDER).castShape(I, 0))
                    .lanewise(VectorOperators.LSHL, 13).and(0x8fffe000).reinterpretAsFloats().mul(HalfFloatMatrix.BIAS);
            FloatVector v = FloatVector.broadcast(F, a[a0 + k]);
            s00 = p0.fma(v, s00);
            s01 = p1.fma(v, s01);
            s02 = p2.fma(v, s02);
            s03 = p3.fma(v, s03);
            v = FloatVector.broadcast(F, a[a1 + k]);
            s10 = p0.fma(v, s10);
            s11 = p1.fma(v, s11);
            s12 = p2.fma(v, s12);
            s13 = p3.fma(v, s13);
            v = FloatVector.broadcast(F, a[a2 + k]);
            s20 = p0.fma(v, s20);
            s21 = p1.fma(v, s21);
            s22 = p2.fma(v, s22);
            s23 = p3.fma(v, s23);
            v = FloatVector.broadcast(F, a[a3 + k]);
            s30 = p0.fma(v, s30);
            s31 = p1.fma(v, s31);
            s32 = p2.fma(v, s32);
            s33 = p3.fma(v, s33);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c0 + L);
        s02.intoArray(c, c0 + 2 * L);
        s03.intoArray(c, c0 + 3 * L);
        s10.intoArray(c, c1);
        s11.intoArray(c, c1 + L);
        s12.intoArray(c, c1 + 2 * L);
        s13.intoArray(c, c1 + 3 * L);
        s20.intoArray(c, c2);
        s21.intoArray(c, c2 + L);
        s22.intoArray(c, c2 + 2 * L);
        s23.intoArray(c, c2 + 3 * L);
        s30.intoArray(c, c3);
        s31.intoArray(c, c3 + L);
        s32.intoArray(c, c3 + 2 * L);
        s33.intoArray(c, c3 + 3 * L);
    }

    private static void brain(float[] a, int a0, int a1, int a2, int a3, int from, int to, MemorySegment page, long at,
            float[] c, int c0, int c1, int c2, int c3) {
        FloatVector s00 = FloatVector.fromArray(F, c, c0);
        FloatVector s01 = FloatVector.fromArray(F, c, c0 + L);
        FloatVector s02 = FloatVector.fromArray(F, c, c0 + 2 * L);
        FloatVector s03 = FloatVector.fromArray(F, c, c0 + 3 * L);
        FloatVector s10 = FloatVector.fromArray(F, c, c1);
        FloatVector s11 = FloatVector.fromArray(F, c, c1 + L);
        FloatVector s12 = FloatVector.fromArray(F, c, c1 + 2 * L);
        FloatVector s13 = FloatVector.fromArray(F, c, c1 + 3 * L);
        FloatVector s20 = FloatVector.fromArray(F, c, c2);
        FloatVector s21 = FloatVector.fromArray(F, c, c2 + L);
        FloatVector s22 = FloatVector.fromArray(F, c, c2 + 2 * L);
        FloatVector s23 = FloatVector.fromArray(F, c, c2 + 3 * L);
        FloatVector s30 = FloatVector.fromArray(F, c, c3);
        FloatVector s31 = FloatVector.fromArray(F, c, c3 + L);
        FloatVector s32 = FloatVector.fromArray(F, c, c3 + 2 * L);
        FloatVector s33 = FloatVector.fromArray(F, c, c3 + 3 * L);
        for (int k = from; k < to; k++) {
            long row = at + 2L * (k * PANEL);
            FloatVector p0 = ((IntVector) ShortVector.fromMemorySegment(S, page, row, ORDER).castShape(I, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
            FloatVector p1 = ((IntVector) ShortVector.fromMemorySegment(S, page, row + 2L * L, ORDER).castShape(I, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
            FloatVector p2 = ((IntVector) ShortVector.fromMemorySegment(S, page, row + 4L * L, ORDER).castShape(I, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
            FloatVector p3 = ((IntVector) ShortVector.fromMemorySegment(S, page, row + 6L * L, ORDER).castShape(I, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
            FloatVector v = FloatVector.broadcast(F, a[a0 + k]);
            s00 = p0.fma(v, s00);
            s01 = p1.fma(v, s01);
            s02 = p2.fma(v, s02);
            s03 = p3.fma(v, s03);
            v = FloatVector.broadcast(F, a[a1 + k]);
            s10 = p0.fma(v, s10);
            s11 = p1.fma(v, s11);
            s12 = p2.fma(v, s12);
            s13 = p3.fma(v, s13);
            v = FloatVector.broadcast(F, a[a2 + k]);
            s20 = p0.fma(v, s20);
            s21 = p1.fma(v, s21);
            s22 = p2.fma(v, s22);
            s23 = p3.fma(v, s23);
            v = FloatVector.broadcast(F, a[a3 + k]);
            s30 = p0.fma(v, s30);
            s31 = p1.fma(v, s31);
            s32 = p2.fma(v, s32);
            s33 = p3.fma(v, s33);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c0 + L);
        s02.intoArray(c, c0 + 2 * L);
        s03.intoArray(c, c0 + 3 * L);
        s10.intoArray(c, c1);
        s11.intoArray(c, c1 + L);
        s12.intoArray(c, c1 + 2 * L);
        s13.intoArray(c, c1 + 3 * L);
        s20.intoArray(c, c2);
        s21.intoArray(c, c2 + L);
        s22.intoArray(c, c2 + 2 * L);
        s23.intoArray(c, c2 + 3 * L);
        s30.intoArray(c, c3);
        s31.intoArray(c, c3 + L);
        s32.intoArray(c, c3 + 2 * L);
        s33.intoArray(c, c3 + 3 * L);
    }

    /** The features of one block; each lane has its own scale. */
    private static void byteKeys(float[] a, int a0, int a1, int a2, int a3, int from, MemorySegment page, long at,
            long scales, float[] c, int c0, int c1, int c2, int c3) {
        FloatVector s00 = FloatVector.fromArray(F, c, c0);
        FloatVector s01 = FloatVector.fromArray(F, c, c0 + L);
        FloatVector s02 = FloatVector.fromArray(F, c, c0 + 2 * L);
        FloatVector s03 = FloatVector.fromArray(F, c, c0 + 3 * L);
        FloatVector s10 = FloatVector.fromArray(F, c, c1);
        FloatVector s11 = FloatVector.fromArray(F, c, c1 + L);
        FloatVector s12 = FloatVector.fromArray(F, c, c1 + 2 * L);
        FloatVector s13 = FloatVector.fromArray(F, c, c1 + 3 * L);
        FloatVector s20 = FloatVector.fromArray(F, c, c2);
        FloatVector s21 = FloatVector.fromArray(F, c, c2 + L);
        FloatVector s22 = FloatVector.fromArray(F, c, c2 + 2 * L);
        FloatVector s23 = FloatVector.fromArray(F, c, c2 + 3 * L);
        FloatVector s30 = FloatVector.fromArray(F, c, c3);
        FloatVector s31 = FloatVector.fromArray(F, c, c3 + L);
        FloatVector s32 = FloatVector.fromArray(F, c, c3 + 2 * L);
        FloatVector s33 = FloatVector.fromArray(F, c, c3 + 3 * L);
        FloatVector scale0 = ((IntVector) ShortVector.fromMemorySegment(S, page, scales, ORDER).castShape(I, 0))
                .lanewise(VectorOperators.LSHL, 13).and(0x8fffe000).reinterpretAsFloats().mul(HalfFloatMatrix.BIAS);
        FloatVector scale1 = ((IntVector) ShortVector.fromMemorySegment(S, page, scales + 2L * L, ORDER).castShape(I,
                0)).lanewise(VectorOperators.LSHL, 13).and(0x8fffe000).reinterpretAsFloats().mul(HalfFloatMatrix.BIAS);
        FloatVector scale2 = ((IntVector) ShortVector.fromMemorySegment(S, page, scales + 4L * L, ORDER).castShape(I,
                0)).lanewise(VectorOperators.LSHL, 13).and(0x8fffe000).reinterpretAsFloats().mul(HalfFloatMatrix.BIAS);
        FloatVector scale3 = ((IntVector) ShortVector.fromMemorySegment(S, page, scales + 6L * L, ORDER).castShape(I,
                0)).lanewise(VectorOperators.LSHL, 13).and(0x8fffe000).reinterpretAsFloats().mul(HalfFloatMatrix.BIAS);
        for (int k = from; k < from + BLOCK; k++) {
            long row = at + (long) k * PANEL;
            ByteVector bytes = ByteVector.fromMemorySegment(B, page, row, ORDER);
            FloatVector p0 = ((FloatVector) bytes.castShape(F, 0)).mul(scale0);
            bytes = TWO_PARTS ? bytes : ByteVector.fromMemorySegment(B, page, row + L, ORDER);
            FloatVector p1 = ((FloatVector) bytes.castShape(F, SECOND)).mul(scale1);
            bytes = ByteVector.fromMemorySegment(B, page, row + 2 * L, ORDER);
            FloatVector p2 = ((FloatVector) bytes.castShape(F, 0)).mul(scale2);
            bytes = TWO_PARTS ? bytes : ByteVector.fromMemorySegment(B, page, row + 3 * L, ORDER);
            FloatVector p3 = ((FloatVector) bytes.castShape(F, SECOND)).mul(scale3);
            FloatVector v = FloatVector.broadcast(F, a[a0 + k]);
            s00 = p0.fma(v, s00);
            s01 = p1.fma(v, s01);
            s02 = p2.fma(v, s02);
            s03 = p3.fma(v, s03);
            v = FloatVector.broadcast(F, a[a1 + k]);
            s10 = p0.fma(v, s10);
            s11 = p1.fma(v, s11);
            s12 = p2.fma(v, s12);
            s13 = p3.fma(v, s13);
            v = FloatVector.broadcast(F, a[a2 + k]);
            s20 = p0.fma(v, s20);
            s21 = p1.fma(v, s21);
            s22 = p2.fma(v, s22);
            s23 = p3.fma(v, s23);
            v = FloatVector.broadcast(F, a[a3 + k]);
            s30 = p0.fma(v, s30);
            s31 = p1.fma(v, s31);
            s32 = p2.fma(v, s32);
            s33 = p3.fma(v, s33);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c0 + L);
        s02.intoArray(c, c0 + 2 * L);
        s03.intoArray(c, c0 + 3 * L);
        s10.intoArray(c, c1);
        s11.intoArray(c, c1 + L);
        s12.intoArray(c, c1 + 2 * L);
        s13.intoArray(c, c1 + 3 * L);
        s20.intoArray(c, c2);
        s21.intoArray(c, c2 + L);
        s22.intoArray(c, c2 + 2 * L);
        s23.intoArray(c, c2 + 3 * L);
        s30.intoArray(c, c3);
        s31.intoArray(c, c3 + L);
        s32.intoArray(c, c3 + 2 * L);
        s33.intoArray(c, c3 + 3 * L);
    }

    /** Two vectors are one block at most: each position has a scale for them. */
    private static void byteValues(float[] a, int a0, int a1, int a2, int a3, int from, int to, MemorySegment page,
            long at, long scales, long otherScales, int scaleBytes, float[] c, int c0, int c1, int c2, int c3) {
        FloatVector s00 = FloatVector.fromArray(F, c, c0);
        FloatVector s01 = FloatVector.fromArray(F, c, c0 + L);
        FloatVector s02 = FloatVector.fromArray(F, c, c0 + 2 * L);
        FloatVector s03 = FloatVector.fromArray(F, c, c0 + 3 * L);
        FloatVector s10 = FloatVector.fromArray(F, c, c1);
        FloatVector s11 = FloatVector.fromArray(F, c, c1 + L);
        FloatVector s12 = FloatVector.fromArray(F, c, c1 + 2 * L);
        FloatVector s13 = FloatVector.fromArray(F, c, c1 + 3 * L);
        FloatVector s20 = FloatVector.fromArray(F, c, c2);
        FloatVector s21 = FloatVector.fromArray(F, c, c2 + L);
        FloatVector s22 = FloatVector.fromArray(F, c, c2 + 2 * L);
        FloatVector s23 = FloatVector.fromArray(F, c, c2 + 3 * L);
        FloatVector s30 = FloatVector.fromArray(F, c, c3);
        FloatVector s31 = FloatVector.fromArray(F, c, c3 + L);
        FloatVector s32 = FloatVector.fromArray(F, c, c3 + 2 * L);
        FloatVector s33 = FloatVector.fromArray(F, c, c3 + 3 * L);
        for (int k = from; k < to; k++) {
            long row = at + (long) k * PANEL;
            float scale = Float.float16ToFloat(page.get(HALF, scales + (long) k * scaleBytes));
            float otherScale = Float.float16ToFloat(page.get(HALF, otherScales + (long) k * scaleBytes));
            ByteVector bytes = ByteVector.fromMemorySegment(B, page, row, ORDER);
            FloatVector p0 = ((FloatVector) bytes.castShape(F, 0)).mul(scale);
            bytes = TWO_PARTS ? bytes : ByteVector.fromMemorySegment(B, page, row + L, ORDER);
            FloatVector p1 = ((FloatVector) bytes.castShape(F, SECOND)).mul(scale);
            bytes = ByteVector.fromMemorySegment(B, page, row + 2 * L, ORDER);
            FloatVector p2 = ((FloatVector) bytes.castShape(F, 0)).mul(otherScale);
            bytes = TWO_PARTS ? bytes : ByteVector.fromMemorySegment(B, page, row + 3 * L, ORDER);
            FloatVector p3 = ((FloatVector) bytes.castShape(F, SECOND)).mul(otherScale);
            FloatVector v = FloatVector.broadcast(F, a[a0 + k]);
            s00 = p0.fma(v, s00);
            s01 = p1.fma(v, s01);
            s02 = p2.fma(v, s02);
            s03 = p3.fma(v, s03);
            v = FloatVector.broadcast(F, a[a1 + k]);
            s10 = p0.fma(v, s10);
            s11 = p1.fma(v, s11);
            s12 = p2.fma(v, s12);
            s13 = p3.fma(v, s13);
            v = FloatVector.broadcast(F, a[a2 + k]);
            s20 = p0.fma(v, s20);
            s21 = p1.fma(v, s21);
            s22 = p2.fma(v, s22);
            s23 = p3.fma(v, s23);
            v = FloatVector.broadcast(F, a[a3 + k]);
            s30 = p0.fma(v, s30);
            s31 = p1.fma(v, s31);
            s32 = p2.fma(v, s32);
            s33 = p3.fma(v, s33);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c0 + L);
        s02.intoArray(c, c0 + 2 * L);
        s03.intoArray(c, c0 + 3 * L);
        s10.intoArray(c, c1);
        s11.intoArray(c, c1 + L);
        s12.intoArray(c, c1 + 2 * L);
        s13.intoArray(c, c1 + 3 * L);
        s20.intoArray(c, c2);
        s21.intoArray(c, c2 + L);
        s22.intoArray(c, c2 + 2 * L);
        s23.intoArray(c, c2 + 3 * L);
        s30.intoArray(c, c3);
        s31.intoArray(c, c3 + L);
        s32.intoArray(c, c3 + 2 * L);
        s33.intoArray(c, c3 + 3 * L);
    }
}
