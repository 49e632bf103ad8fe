package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.engine.backend.cpu.AttentionKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products with a panel: 4 rows of 4 vectors of sums stay in registers where there are 32 of them, else 4 rows of 2. Each sum takes
 * its terms in the same order in all tiles.
 */
final class PanelTile {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final int L = F.length();
    private static final int PANEL = AttentionKernels.PANEL;
    /** AVX-512 and NEON have 32 registers, AVX2 has 16. */
    static final boolean WIDE = L == 16 || System.getProperty("os.arch").equals("aarch64");

    private PanelTile() {}

    /** As {@link AttentionKernels#multiplyAdd}. */
    static void multiplyAdd(float[] a, int aOffset, int aStride, int rows, int from, int to, float[] panel,
            int panelOffset, int columns, float[] c, int cOffset, int cStride) {
        int r = 0;
        for (; rows - r >= 2; r += 4) {
            // The last row stands in for those that a tile lacks: it is computed again and stored again.
            int second = Math.min(r + 1, rows - 1);
            int third = Math.min(r + 2, rows - 1);
            int fourth = Math.min(r + 3, rows - 1);
            fourRows(a, aOffset + r * aStride, aOffset + second * aStride, aOffset + third * aStride,
                    aOffset + fourth * aStride, from, to, panel, panelOffset, columns, c, cOffset + r * cStride,
                    cOffset + second * cStride, cOffset + third * cStride, cOffset + fourth * cStride);
        }
        if (r < rows) {
            for (int x = 0; x < columns; x += 4 * L) {
                oneByFour(a, aOffset + r * aStride, from, to, panel, panelOffset + x, c, cOffset + r * cStride + x);
            }
        }
    }

    private static void fourRows(float[] a, int a0, int a1, int a2, int a3, int from, int to, float[] panel,
            int panelOffset, int columns, float[] c, int c0, int c1, int c2, int c3) {
        int x = 0;
        if (WIDE) {
            for (; columns - x > 2 * L; x += 4 * L) {
                fourByFour(a, a0, a1, a2, a3, from, to, panel, panelOffset + x, c, c0 + x, c1 + x, c2 + x, c3 + x);
            }
        }
        for (; x < columns; x += 2 * L) {
            fourByTwo(a, a0, a1, a2, a3, from, to, panel, panelOffset + x, c, c0 + x, c1 + x, c2 + x, c3 + x);
        }
    }

    private static void fourByFour(float[] a, int a0, int a1, int a2, int a3, int from, int to, float[] b, int b0,
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
            int at = b0 + k * PANEL;
            FloatVector p0 = FloatVector.fromArray(F, b, at);
            FloatVector p1 = FloatVector.fromArray(F, b, at + L);
            FloatVector p2 = FloatVector.fromArray(F, b, at + 2 * L);
            FloatVector p3 = FloatVector.fromArray(F, b, at + 3 * L);
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

    private static void fourByTwo(float[] a, int a0, int a1, int a2, int a3, int from, int to, float[] b, int b0,
            float[] c, int c0, int c1, int c2, int c3) {
        FloatVector s00 = FloatVector.fromArray(F, c, c0);
        FloatVector s01 = FloatVector.fromArray(F, c, c0 + L);
        FloatVector s10 = FloatVector.fromArray(F, c, c1);
        FloatVector s11 = FloatVector.fromArray(F, c, c1 + L);
        FloatVector s20 = FloatVector.fromArray(F, c, c2);
        FloatVector s21 = FloatVector.fromArray(F, c, c2 + L);
        FloatVector s30 = FloatVector.fromArray(F, c, c3);
        FloatVector s31 = FloatVector.fromArray(F, c, c3 + L);
        for (int k = from; k < to; k++) {
            int at = b0 + k * PANEL;
            FloatVector p0 = FloatVector.fromArray(F, b, at);
            FloatVector p1 = FloatVector.fromArray(F, b, at + L);
            FloatVector v = FloatVector.broadcast(F, a[a0 + k]);
            s00 = p0.fma(v, s00);
            s01 = p1.fma(v, s01);
            v = FloatVector.broadcast(F, a[a1 + k]);
            s10 = p0.fma(v, s10);
            s11 = p1.fma(v, s11);
            v = FloatVector.broadcast(F, a[a2 + k]);
            s20 = p0.fma(v, s20);
            s21 = p1.fma(v, s21);
            v = FloatVector.broadcast(F, a[a3 + k]);
            s30 = p0.fma(v, s30);
            s31 = p1.fma(v, s31);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c0 + L);
        s10.intoArray(c, c1);
        s11.intoArray(c, c1 + L);
        s20.intoArray(c, c2);
        s21.intoArray(c, c2 + L);
        s30.intoArray(c, c3);
        s31.intoArray(c, c3 + L);
    }

    private static void oneByFour(float[] a, int a0, int from, int to, float[] b, int b0, float[] c, int c0) {
        FloatVector s0 = FloatVector.fromArray(F, c, c0);
        FloatVector s1 = FloatVector.fromArray(F, c, c0 + L);
        FloatVector s2 = FloatVector.fromArray(F, c, c0 + 2 * L);
        FloatVector s3 = FloatVector.fromArray(F, c, c0 + 3 * L);
        for (int k = from; k < to; k++) {
            int at = b0 + k * PANEL;
            FloatVector v = FloatVector.broadcast(F, a[a0 + k]);
            s0 = FloatVector.fromArray(F, b, at).fma(v, s0);
            s1 = FloatVector.fromArray(F, b, at + L).fma(v, s1);
            s2 = FloatVector.fromArray(F, b, at + 2 * L).fma(v, s2);
            s3 = FloatVector.fromArray(F, b, at + 3 * L).fma(v, s3);
        }
        s0.intoArray(c, c0);
        s1.intoArray(c, c0 + L);
        s2.intoArray(c, c0 + 2 * L);
        s3.intoArray(c, c0 + 3 * L);
    }
}
