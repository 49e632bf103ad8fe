package io.github.jnpu.convert.gguf;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Builds GGUF bytes field by field, right or wrong; numbers are checked by nobody. */
final class GgufBytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Magic, version, counts. */
    GgufBytes header(int version, long tensorCount, long pairCount) {
        return raw("GGUF".getBytes(StandardCharsets.US_ASCII)).int32(version).int64(tensorCount).int64(pairCount);
    }

    GgufBytes raw(byte... values) {
        bytes.writeBytes(values);
        return this;
    }

    GgufBytes int32(int value) {
        return raw(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    GgufBytes int64(long value) {
        return raw(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }

    GgufBytes text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return int64(utf8.length).raw(utf8);
    }

    /** A key and its type; the value follows. */
    GgufBytes key(String key, GgufValueType type) {
        return text(key).int32(type.id());
    }

    /** A tensor's description, dimensions in the file's order: innermost first. */
    GgufBytes tensor(String name, int type, long offset, long... dimensions) {
        text(name).int32(dimensions.length);
        for (long dimension : dimensions) {
            int64(dimension);
        }
        return int32(type).int64(offset);
    }

    GgufBytes align(int alignment) {
        while (bytes.size() % alignment != 0) {
            raw((byte) 0);
        }
        return this;
    }

    int size() {
        return bytes.size();
    }

    byte[] toByteArray() {
        return bytes.toByteArray();
    }

    GgufFile open() {
        return GgufFile.of(MemorySegment.ofArray(toByteArray()), "test.gguf");
    }
}
