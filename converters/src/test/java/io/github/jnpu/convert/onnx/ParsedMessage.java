package io.github.jnpu.convert.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A protobuf message read back: whole numbers as {@link Long}, floats as {@link Float}, everything with a length as bytes. */
record ParsedMessage(Map<Integer, List<Object>> fields) {

    static ParsedMessage of(byte[] bytes) {
        Map<Integer, List<Object>> fields = new TreeMap<>();
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            long tag = varint(buffer);
            Object value = switch ((int) (tag & 7)) {
                case 0 -> varint(buffer);
                case 2 -> {
                    byte[] content = new byte[(int) varint(buffer)];
                    buffer.get(content);
                    yield content;
                }
                case 5 -> buffer.getFloat();
                default -> throw new IllegalStateException("wire type " + (tag & 7));
            };
            fields.computeIfAbsent((int) (tag >> 3), _ -> new ArrayList<>()).add(value);
        }
        return new ParsedMessage(fields);
    }

    private static long varint(ByteBuffer buffer) {
        long value = 0;
        for (int shift = 0;; shift += 7) {
            byte next = buffer.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    List<Object> all(int field) {
        return fields.getOrDefault(field, List.of());
    }

    List<ParsedMessage> messages(int field) {
        return all(field).stream().map(value -> of((byte[]) value)).toList();
    }

    List<String> texts(int field) {
        return all(field).stream().map(value -> new String((byte[]) value, StandardCharsets.UTF_8)).toList();
    }

    String text(int field) {
        return texts(field).getFirst();
    }

    long number(int field) {
        return (long) all(field).getFirst();
    }
}
