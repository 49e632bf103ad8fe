package io.github.jnpu.engine.backend.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * All 65,536 half floats as floats. A block's scale is looked up and broadcast by one load; the conversion would take four more
 * operations on the two ports that a kernel is limited by.
 */
final class HalfTable {
    private static final ValueLayout.OfShort SHORT_LE = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    // A half float's bits as those of a float, which then is 2^112 too small: shifted, and sign, exponent and fraction cut out.
    static final int SHIFT = 13;
    static final int MASK = 0x8fffe000;
    static final float FACTOR = 0x1p112f;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    static final float[] FLOATS = new float[1 << 16];

    static {
        for (int i = 0; i < FLOATS.length; i++) {
            FLOATS[i] = Float.float16ToFloat((short) i);
        }
    }

    private HalfTable() {}

    /** The half float at an offset, little-endian. */
    static float get(MemorySegment data, long offset) {
        return FLOATS[data.get(SHORT_LE, offset) & 0xffff];
    }

    /** Converts half floats that follow each other. Made into vector code by C2: the Vector API has no such conversion. */
    static void convert(long address, int count, float[] target, int offset) {
        for (int i = 0; i < count; i++) {
            target[offset + i] = Float.float16ToFloat(MEMORY.get(SHORT_LE, address + 2L * i));
        }
    }
}
