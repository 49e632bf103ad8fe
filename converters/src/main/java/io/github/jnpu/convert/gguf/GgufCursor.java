package io.github.jnpu.convert.gguf;

import io.github.jnpu.convert.model.ModelFormatException;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads little-endian values one after the other, and never past the end of the bytes or of the memory allowance.
 *
 * <p>A sparse file costs its author nothing, so what the file really holds is no bound for what reading it may allocate:
 * everything that stays on the heap is charged against an allowance.
 */
final class GgufCursor {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    // About four times what the largest published vocabulary takes (262,144 tokens and 514,906 merges: some 60 MB).
    private static final long MEMORY_ALLOWANCE = 256L << 20;
    /** Heap that a String with its byte array takes beside the characters. */
    private static final int STRING_OVERHEAD = 48;
    private static final char REPLACEMENT = '\uFFFD';

    private final MemorySegment bytes;
    private final String location;
    private long position;
    private long memoryLeft = MEMORY_ALLOWANCE;

    GgufCursor(MemorySegment bytes, String location) {
        this.bytes = bytes;
        this.location = location;
    }

    long position() {
        return position;
    }

    long remaining() {
        return bytes.byteSize() - position;
    }

    byte readByte(String field) {
        return bytes.get(ValueLayout.JAVA_BYTE, advance(Byte.BYTES, field));
    }

    short readShort(String field) {
        return bytes.get(SHORT, advance(Short.BYTES, field));
    }

    int readInt(String field) {
        return bytes.get(INT, advance(Integer.BYTES, field));
    }

    long readLong(String field) {
        return bytes.get(LONG, advance(Long.BYTES, field));
    }

    float readFloat(String field) {
        return bytes.get(FLOAT, advance(Float.BYTES, field));
    }

    double readDouble(String field) {
        return bytes.get(DOUBLE, advance(Double.BYTES, field));
    }

    /**
     * Reads a 64-bit count of things of which each takes at least {@code minimumBytes} in the file and
     * {@code heapBytes} on the heap.
     */
    int readCount(int minimumBytes, int heapBytes, String field) {
        long count = readLong(field);
        if (count < 0 || count > remaining() / minimumBytes) {
            throw new ModelFormatException("%s: %s: a count of %s does not fit the %d bytes that remain"
                    .formatted(location, field, Long.toUnsignedString(count), remaining()));
        }
        if (count > MEMORY_ALLOWANCE / heapBytes) {
            throw beyondAllowance(field);
        }
        charge(count * heapBytes, field);
        return (int) count;
    }

    /** Reads a length and as many bytes of UTF-8. */
    String readString(int maxBytes, String field) {
        long length = readLong(field);
        if (length == 0) {
            return "";
        }
        if (length < 0 || length > remaining()) {
            throw new ModelFormatException("%s: %s: a text of %s bytes does not fit the %d bytes that remain"
                    .formatted(location, field, Long.toUnsignedString(length), remaining()));
        }
        if (length > maxBytes) {
            throw new ModelFormatException("%s: %s: a text of %d bytes is longer than the limit of %d"
                    .formatted(location, field, length, maxBytes));
        }
        charge(STRING_OVERHEAD + length, field);
        byte[] utf8 = readBytes((int) length, field);
        // The constructor decodes far faster than a CharsetDecoder but replaces what is malformed: look twice then.
        String text = new String(utf8, StandardCharsets.UTF_8);
        if (text.indexOf(REPLACEMENT) >= 0 && !isUtf8(utf8)) {
            throw new ModelFormatException("%s: %s: the text is not UTF-8".formatted(location, field));
        }
        return text;
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    byte[] readBytes(int count, String field) {
        byte[] result = new byte[count];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, advance(count, field), result, 0, count);
        return result;
    }

    short[] readShorts(int count, String field) {
        short[] result = new short[count];
        MemorySegment.copy(bytes, SHORT, advance((long) count * Short.BYTES, field), result, 0, count);
        return result;
    }

    int[] readInts(int count, String field) {
        int[] result = new int[count];
        MemorySegment.copy(bytes, INT, advance((long) count * Integer.BYTES, field), result, 0, count);
        return result;
    }

    long[] readLongs(int count, String field) {
        long[] result = new long[count];
        MemorySegment.copy(bytes, LONG, advance((long) count * Long.BYTES, field), result, 0, count);
        return result;
    }

    float[] readFloats(int count, String field) {
        float[] result = new float[count];
        MemorySegment.copy(bytes, FLOAT, advance((long) count * Float.BYTES, field), result, 0, count);
        return result;
    }

    double[] readDoubles(int count, String field) {
        double[] result = new double[count];
        MemorySegment.copy(bytes, DOUBLE, advance((long) count * Double.BYTES, field), result, 0, count);
        return result;
    }

    /** Takes heap from the allowance before it is allocated. */
    void charge(long heapBytes, String field) {
        memoryLeft -= heapBytes;
        if (memoryLeft < 0) {
            throw beyondAllowance(field);
        }
    }

    private ModelFormatException beyondAllowance(String field) {
        return new ModelFormatException("%s: %s: the header needs more than %d MiB of memory"
                .formatted(location, field, MEMORY_ALLOWANCE >> 20));
    }

    private long advance(long count, String field) {
        if (count > remaining()) {
            throw new ModelFormatException("%s: the file ends at byte %d, inside %s: truncated?"
                    .formatted(location, bytes.byteSize(), field));
        }
        long start = position;
        position += count;
        return start;
    }
}
