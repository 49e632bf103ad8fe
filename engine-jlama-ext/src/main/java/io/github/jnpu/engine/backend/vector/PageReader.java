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

/** Turns pages of the KV cache to floats, exactly. */
final class PageReader {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Short> S = Lanes.SHORT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
    private static final int PANEL = AttentionKernels.PANEL;
    private static final int BLOCK = KvCacheType.Q8_0.blockLength();

    private PageReader() {}

    /** Reads a multiple of 64 elements that lie side by side. */
    static void read(MemorySegment page, long at, int count, KvCacheType type, float[] target, int offset) {
        switch (type) {
            case F32 -> MemorySegment.copy(page, ValueLayout.JAVA_FLOAT_UNALIGNED, at, target, offset, count);
            case F16 -> readHalf(page, at, count, target, offset);
            case BF16 -> readBrain(page, at, count, target, offset);
            case Q8_0 -> throw new IllegalArgumentException("blocks are read with their scales");
        }
    }

    private static void readHalf(MemorySegment page, long at, int count, float[] target, int offset) {
        for (int i = 0; i < count; i += F.length()) {
            // The sign fills the upper half, of which one bit is kept; the exponent is put right by the factor.
            IntVector bits = (IntVector) ShortVector.fromMemorySegment(S, page, at + 2L * i, ORDER).castShape(I, 0);
            bits.lanewise(VectorOperators.LSHL, 13).and(0x8fffe000).reinterpretAsFloats().mul(HalfFloatMatrix.BIAS)
                    .intoArray(target, offset + i);
        }
    }

    private static void readBrain(MemorySegment page, long at, int count, float[] target, int offset) {
        for (int i = 0; i < count; i += F.length()) {
            IntVector bits = (IntVector) ShortVector.fromMemorySegment(S, page, at + 2L * i, ORDER).castShape(I, 0);
            bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(target, offset + i);
        }
    }

    /** Keys in Q8_0: each position has its own scale, which a lane keeps. */
    static void readByteKeys(MemorySegment page, long at, int width, float[] panel) {
        long scales = at + (long) width * PANEL;
        for (int block = 0; block < width; block += BLOCK) {
            for (int x = 0; x < PANEL; x += B.length()) {
                readByteColumns(page, at + (long) block * PANEL + x,
                        scales + 2L * (block / BLOCK * PANEL + x), panel, block * PANEL + x);
            }
        }
    }

    /** One vector of positions, over the features of a block. */
    private static void readByteColumns(MemorySegment page, long at, long scalesAt, float[] panel, int offset) {
        FloatVector scale = ((IntVector) ShortVector.fromMemorySegment(S, page, scalesAt, ORDER).castShape(I, 0))
                .lanewise(VectorOperators.LSHL, 13).and(0x8fffe000).reinterpretAsFloats().mul(HalfFloatMatrix.BIAS);
        FloatVector secondScale = scale;
        if (TWO_PARTS) {
            secondScale = ((IntVector) ShortVector.fromMemorySegment(S, page, scalesAt + 2L * F.length(), ORDER)
                    .castShape(I, 0)).lanewise(VectorOperators.LSHL, 13).and(0x8fffe000).reinterpretAsFloats()
                    .mul(HalfFloatMatrix.BIAS);
        }
        for (int i = 0; i < BLOCK * PANEL; i += PANEL) {
            ByteVector bytes = ByteVector.fromMemorySegment(B, page, at + i, ORDER);
            ((FloatVector) bytes.castShape(F, 0)).mul(scale).intoArray(panel, offset + i);
            if (TWO_PARTS) {
                ((FloatVector) bytes.castShape(F, 1)).mul(secondScale).intoArray(panel, offset + i + F.length());
            }
        }
    }

    /** One panel of values in Q8_0. */
    static void readByteValues(MemorySegment page, long at, int width, int column, int columns, float[] panels,
            int offset) {
        long scales = at + (long) width * PANEL + 2L * (column / BLOCK);
        for (int position = 0; position < PANEL; position++) {
            for (int x = 0; x < columns; x += BLOCK) {
                float scale = Float
                        .float16ToFloat(page.get(HALF, scales + 2L * (position * (width / BLOCK) + x / BLOCK)));
                readBlock(page, at + (long) column * PANEL + position * columns + x, scale, panels,
                        offset + position * PANEL + x);
            }
        }
    }

    private static void readBlock(MemorySegment page, long at, float scale, float[] target, int offset) {
        for (int i = 0; i < BLOCK; i += B.length()) {
            ByteVector bytes = ByteVector.fromMemorySegment(B, page, at + i, ORDER);
            ((FloatVector) bytes.castShape(F, 0)).mul(scale).intoArray(target, offset + i);
            if (TWO_PARTS) {
                ((FloatVector) bytes.castShape(F, 1)).mul(scale).intoArray(target, offset + i + F.length());
            }
        }
    }
}
