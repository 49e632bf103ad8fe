package io.github.jnpu.convert.gguf;

import io.github.jnpu.convert.model.ModelFormatException;

import java.lang.foreign.MemorySegment;
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
    // About four times what the largest published vocabulary takes (262,144 tokens and 514,906 merges: some 60 MB).
    private static final long MEMORY_ALLOWANCE = 256L << 20;
    /** More file bytes than the allowance lets anyone read. */
    private static final long WINDOW = 1 << 30;
    /** Heap that a String with its byte array takes beside the characters. */
    private static final int STRING_OVERHEAD = 48;
    private static final char REPLACEMENT = '\uFFFD';

    private final ByteBuffer bytes;
    private final long size;
    private final String location;
    private long memoryLeft = MEMORY_ALLOWANCE;

    GgufCursor(MemorySegment bytes, String location) {
        this.size = bytes.byteSize();
        // A buffer starts far quicker on a cold JVM than the var handles of a segment, and the allowance ends long before
        // the window does.
        this.bytes = bytes.asSlice(0, Math.min(size, WINDOW)).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        this.location = location;
    }

    long position() {
        return bytes.position();
    }

    long remaining() {
        return size - bytes.position();
    }

    byte readByte(String field) {
        require(Byte.BYTES, field);
        return bytes.get();
    }

    short readShort(String field) {
        require(Short.BYTES, field);
        return bytes.getShort();
    }

    int readInt(String field) {
        require(Integer.BYTES, field);
        return bytes.getInt();
    }

    long readLong(String field) {
        require(Long.BYTES, field);
        return bytes.getLong();
    }

    float readFloat(String field) {
        require(Float.BYTES, field);
        return bytes.getFloat();
    }

    double readDouble(String field) {
        require(Double.BYTES, field);
        return bytes.getDouble();
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
        require(count, field);
        byte[] result = new byte[count];
        bytes.get(result);
        return result;
    }

    short[] readShorts(int count, String field) {
        require((long) count * Short.BYTES, field);
        short[] result = new short[count];
        bytes.asShortBuffer().get(result);
        bytes.position(bytes.position() + count * Short.BYTES);
        return result;
    }

    int[] readInts(int count, String field) {
        require((long) count * Integer.BYTES, field);
        int[] result = new int[count];
        bytes.asIntBuffer().get(result);
        bytes.position(bytes.position() + count * Integer.BYTES);
        return result;
    }

    long[] readLongs(int count, String field) {
        require((long) count * Long.BYTES, field);
        long[] result = new long[count];
        bytes.asLongBuffer().get(result);
        bytes.position(bytes.position() + count * Long.BYTES);
        return result;
    }

    float[] readFloats(int count, String field) {
        require((long) count * Float.BYTES, field);
        float[] result = new float[count];
        bytes.asFloatBuffer().get(result);
        bytes.position(bytes.position() + count * Float.BYTES);
        return result;
    }

    double[] readDoubles(int count, String field) {
        require((long) count * Double.BYTES, field);
        double[] result = new double[count];
        bytes.asDoubleBuffer().get(result);
        bytes.position(bytes.position() + count * Double.BYTES);
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

    private void require(long count, String field) {
        if (count > remaining()) {
            throw new ModelFormatException("%s: the file ends at byte %d, inside %s: truncated?"
                    .formatted(location, size, field));
        }
    }
}
