package io.github.jnpu.convert.gguf;

import io.github.jnpu.convert.model.MetadataArray;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes little-endian values and counts the bytes. */
final class GgufOutput {
    private final OutputStream stream;
    private final ByteBuffer scratch = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long position;

    GgufOutput(OutputStream stream) {
        this.stream = stream;
    }

    long position() {
        return position;
    }

    void flush() throws IOException {
        stream.flush();
    }

    void write(byte[] bytes, int offset, int length) throws IOException {
        stream.write(bytes, offset, length);
        position += length;
    }

    /** Writes zeros up to the next multiple. */
    void pad(int alignment) throws IOException {
        int missing = (int) (Math.ceilDiv(position, alignment) * alignment - position);
        write(new byte[missing], 0, missing);
    }

    void writeInt(int value) throws IOException {
        writeScratch(scratch.clear().putInt(value));
    }

    void writeLong(long value) throws IOException {
        writeScratch(scratch.clear().putLong(value));
    }

    void writeString(String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        writeLong(utf8.length);
        write(utf8, 0, utf8.length);
    }

    /** Writes a value without its type. */
    void writeValue(GgufValueType type, Object value) throws IOException {
        scratch.clear();
        switch (type) {
            case STRING -> writeString((String) value);
            case ARRAY -> writeArray((MetadataArray) value);
            case BOOL -> writeScratch(scratch.put((byte) ((Boolean) value ? 1 : 0)));
            case UINT8, INT8 -> writeScratch(scratch.put(((Number) value).byteValue()));
            case UINT16, INT16 -> writeScratch(scratch.putShort(((Number) value).shortValue()));
            case UINT32, INT32 -> writeScratch(scratch.putInt(((Number) value).intValue()));
            case UINT64, INT64 -> writeScratch(scratch.putLong(((Number) value).longValue()));
            case FLOAT32 -> writeScratch(scratch.putFloat(((Number) value).floatValue()));
            case FLOAT64 -> writeScratch(scratch.putDouble(((Number) value).doubleValue()));
        }
    }

    private void writeArray(MetadataArray array) throws IOException {
        boolean unsigned = array.unsigned();
        switch (array.elements()) {
            case byte[] values -> {
                startArray(unsigned ? GgufValueType.UINT8 : GgufValueType.INT8, values.length);
                write(values, 0, values.length);
            }
            case short[] values -> {
                startArray(unsigned ? GgufValueType.UINT16 : GgufValueType.INT16, values.length);
                for (short value : values) {
                    writeScratch(scratch.clear().putShort(value));
                }
            }
            case int[] values -> {
                startArray(unsigned ? GgufValueType.UINT32 : GgufValueType.INT32, values.length);
                for (int value : values) {
                    writeInt(value);
                }
            }
            case long[] values -> {
                startArray(unsigned ? GgufValueType.UINT64 : GgufValueType.INT64, values.length);
                for (long value : values) {
                    writeLong(value);
                }
            }
            case float[] values -> {
                startArray(GgufValueType.FLOAT32, values.length);
                for (float value : values) {
                    writeScratch(scratch.clear().putFloat(value));
                }
            }
            case double[] values -> {
                startArray(GgufValueType.FLOAT64, values.length);
                for (double value : values) {
                    writeScratch(scratch.clear().putDouble(value));
                }
            }
            case boolean[] values -> {
                startArray(GgufValueType.BOOL, values.length);
                for (boolean value : values) {
                    writeScratch(scratch.clear().put((byte) (value ? 1 : 0)));
                }
            }
            case List<?> values -> writeList(values);
            default -> throw new IllegalArgumentException("not an array: " + array.elements().getClass().getName());
        }
    }

    private void writeList(List<?> values) throws IOException {
        boolean nested = !values.isEmpty() && values.getFirst() instanceof MetadataArray;
        GgufValueType type = nested ? GgufValueType.ARRAY : GgufValueType.STRING;
        startArray(type, values.size());
        for (Object value : values) {
            writeValue(type, value);
        }
    }

    private void startArray(GgufValueType type, int size) throws IOException {
        writeInt(type.id());
        writeLong(size);
    }

    private void writeScratch(ByteBuffer filled) throws IOException {
        write(filled.array(), 0, filled.position());
    }
}
