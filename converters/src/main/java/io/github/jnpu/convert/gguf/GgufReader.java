package io.github.jnpu.convert.gguf;

import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.TensorType;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a GGUF header, versions 2 and 3, after ggml's {@code docs/gguf.md}: magic, version, two counts, the metadata
 * pairs, the tensor descriptions; then, from the next multiple of the alignment on, the tensors' bytes.
 *
 * <p>More lenient than the document where llama.cpp is: bytes after the last tensor and gaps between tensors are passed
 * over. Used once, by one thread.
 */
final class GgufReader {
    static final int MAGIC = 0x46554747; // "GGUF"
    private static final int MAX_KEY_BYTES = 65_535;
    private static final int MAX_TEXT_BYTES = 64 << 20;
    /** The document allows arrays in arrays without end; nobody writes more than two levels. */
    private static final int MAX_ARRAY_DEPTH = 8;
    private static final int MAX_DIMENSIONS = 4;
    private static final int DEFAULT_ALIGNMENT = 32;
    /** Heap that an entry in both maps with its boxed value takes. */
    private static final int PAIR_HEAP = 120;
    /** Heap that a tensor's record, shape, segment and map entry take. */
    private static final int TENSOR_HEAP = 256;
    /** Heap that an array takes beside its elements. */
    private static final int ARRAY_HEAP = 64;
    private static final int REFERENCE_HEAP = 8;

    private final MemorySegment bytes;
    private final String location;
    private final GgufCursor cursor;
    private final Map<String, Object> metadata = new LinkedHashMap<>();
    private final Map<String, GgufValueType> metadataTypes = new HashMap<>();
    private final Map<String, ModelTensor> tensors = new LinkedHashMap<>();

    GgufReader(MemorySegment bytes, String location) {
        this.bytes = bytes.asReadOnly();
        this.location = location;
        this.cursor = new GgufCursor(this.bytes, location);
    }

    /** What a tensor description says, checked as far as that goes without knowing where the data starts. */
    private record TensorEntry(String name, TensorType type, long[] shape, long offset, long byteSize) {}

    GgufReader read() {
        readPreamble();
        int tensorCount = cursor.readCount(8 + 4 + 4 + 8, TENSOR_HEAP, "the tensor count");
        int pairCount = cursor.readCount(8 + 4 + 1, PAIR_HEAP, "the metadata count");
        for (int i = 0; i < pairCount; i++) {
            readPair(i);
        }
        int alignment = alignment();
        List<TensorEntry> entries = new ArrayList<>(tensorCount);
        Set<String> names = new HashSet<>();
        for (int i = 0; i < tensorCount; i++) {
            TensorEntry entry = readTensorEntry(i, alignment);
            if (!names.add(entry.name)) {
                throw invalid("tensor '%s' is there twice", entry.name);
            }
            entries.add(entry);
        }
        place(entries, alignUp(cursor.position(), alignment));
        return this;
    }

    Map<String, Object> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /** The type that each value has in the file, which its Java class does not always tell. */
    Map<String, GgufValueType> metadataTypes() {
        return Collections.unmodifiableMap(metadataTypes);
    }

    Map<String, ModelTensor> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    private void readPreamble() {
        if (bytes.byteSize() == 0) {
            throw invalid("the file is empty");
        }
        byte[] start = bytes.asSlice(0, Math.min(8, bytes.byteSize())).toArray(ValueLayout.JAVA_BYTE);
        int magic = cursor.readInt("the magic number");
        if (magic != MAGIC) {
            throw invalid(wrongMagic(magic, start));
        }
        int version = cursor.readInt("the version");
        // No version will pass 65,535: a number in the high bytes alone is one that was written the other way round.
        if ((version & 0xffff) == 0 && version != 0) {
            throw invalid("big-endian GGUF is not supported (version %d, most significant byte first)",
                    Integer.reverseBytes(version));
        }
        if (version == 1) {
            throw invalid("GGUF version 1 is obsolete; convert the model again with a current converter");
        }
        if (version != 2 && version != 3) {
            throw invalid("GGUF version %s is not supported, known are 2 and 3", Integer.toUnsignedString(version));
        }
    }

    private static String wrongMagic(int magic, byte[] start) {
        if (magic == Integer.reverseBytes(MAGIC)) {
            return "big-endian GGUF is not supported";
        }
        String text = new String(start, StandardCharsets.ISO_8859_1);
        String found = "it starts with bytes " + HexFormat.ofDelimiter(" ").formatHex(start, 0, 4);
        if (text.startsWith("lmgg") || text.startsWith("tjgg") || text.startsWith("fmgg")) {
            found = "it is of a ggml format older than GGUF; convert the model again";
        } else if (text.startsWith("version ")) {
            found = "it looks like a Git LFS pointer; fetch the file itself with 'git lfs pull'";
        } else if (text.startsWith("PK")) {
            found = "it looks like a zip archive or a PyTorch file";
        } else if (text.startsWith("<")) {
            found = "it looks like a web page";
        }
        return "not a GGUF file: " + found;
    }

    private void readPair(int index) {
        String key = cursor.readString(MAX_KEY_BYTES, "the key of metadata pair " + index);
        String field = "metadata '" + ModelFormatException.printable(key) + "'";
        GgufValueType type = readType(field);
        Object value = readValue(type, field);
        if (metadata.putIfAbsent(key, value) != null) {
            throw invalid("%s is there twice", field);
        }
        metadataTypes.put(key, type);
    }

    private GgufValueType readType(String field) {
        int id = cursor.readInt(field);
        return GgufValueType.ofId(id)
                .orElseThrow(() -> invalid("%s has the unknown type %s", field, Integer.toUnsignedString(id)));
    }

    private Object readValue(GgufValueType type, String field) {
        return switch (type) {
            case UINT8 -> (short) (cursor.readByte(field) & 0xff);
            case INT8 -> cursor.readByte(field);
            case UINT16 -> cursor.readShort(field) & 0xffff;
            case INT16 -> cursor.readShort(field);
            case UINT32 -> cursor.readInt(field) & 0xffff_ffffL;
            case INT32 -> cursor.readInt(field);
            case FLOAT32 -> cursor.readFloat(field);
            case BOOL -> cursor.readByte(field) != 0;
            case STRING -> cursor.readString(MAX_TEXT_BYTES, field);
            case ARRAY -> readArray(field, 1);
            case UINT64 -> {
                long value = cursor.readLong(field);
                if (value < 0) {
                    yield new BigInteger(Long.toUnsignedString(value));
                }
                yield value;
            }
            case INT64 -> cursor.readLong(field);
            case FLOAT64 -> cursor.readDouble(field);
        };
    }

    private MetadataArray readArray(String field, int depth) {
        if (depth > MAX_ARRAY_DEPTH) {
            throw invalid("%s nests arrays more than %d deep", field, MAX_ARRAY_DEPTH);
        }
        GgufValueType type = readType(field);
        cursor.charge(ARRAY_HEAP, field);
        int count = cursor.readCount(type.minimumBytes(), Math.max(type.minimumBytes(), REFERENCE_HEAP), field);
        return switch (type) {
            case UINT8, INT8 -> new MetadataArray(cursor.readBytes(count, field), type == GgufValueType.UINT8);
            case UINT16, INT16 -> new MetadataArray(cursor.readShorts(count, field), type == GgufValueType.UINT16);
            case UINT32, INT32 -> new MetadataArray(cursor.readInts(count, field), type == GgufValueType.UINT32);
            case UINT64, INT64 -> new MetadataArray(cursor.readLongs(count, field), type == GgufValueType.UINT64);
            case FLOAT32 -> new MetadataArray(cursor.readFloats(count, field), false);
            case FLOAT64 -> new MetadataArray(cursor.readDoubles(count, field), false);
            case BOOL -> {
                byte[] raw = cursor.readBytes(count, field);
                boolean[] values = new boolean[count];
                for (int i = 0; i < count; i++) {
                    values[i] = raw[i] != 0;
                }
                yield new MetadataArray(values, false);
            }
            case STRING -> {
                String[] values = new String[count];
                for (int i = 0; i < count; i++) {
                    values[i] = cursor.readString(MAX_TEXT_BYTES, field);
                }
                yield new MetadataArray(Collections.unmodifiableList(Arrays.asList(values)), false);
            }
            case ARRAY -> {
                MetadataArray[] values = new MetadataArray[count];
                for (int i = 0; i < count; i++) {
                    values[i] = readArray(field, depth + 1);
                }
                yield new MetadataArray(Collections.unmodifiableList(Arrays.asList(values)), false);
            }
        };
    }

    private int alignment() {
        Object value = metadata.get("general.alignment");
        if (value == null) {
            return DEFAULT_ALIGNMENT;
        }
        if (!(value instanceof Long alignment) || alignment < 1 || alignment > 1 << 30
                || Long.bitCount(alignment) != 1) {
            throw invalid("metadata 'general.alignment' is %s, expected a uint32 that is a power of two up to 2^30",
                    value);
        }
        return alignment.intValue();
    }

    private TensorEntry readTensorEntry(int index, int alignment) {
        String name = cursor.readString(MAX_KEY_BYTES, "the name of tensor " + index);
        String field = "tensor '" + ModelFormatException.printable(name) + "'";
        int dimensions = cursor.readInt(field);
        if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
            throw invalid("%s has %s dimensions, at most %d are allowed", field,
                    Integer.toUnsignedString(dimensions), MAX_DIMENSIONS);
        }
        // A scalar is written without dimensions; as in ggml it is a row of one value.
        long[] shape = new long[Math.max(1, dimensions)];
        shape[0] = 1;
        for (int i = dimensions - 1; i >= 0; i--) {
            shape[i] = cursor.readLong(field);
        }
        int typeId = cursor.readInt(field);
        TensorType type = TensorType.ofId(typeId)
                .orElseThrow(() -> invalid("%s has the unknown type %s", field, Integer.toUnsignedString(typeId)));
        long offset = cursor.readLong(field);
        if (offset < 0 || offset % alignment != 0) {
            throw invalid("%s lies at offset %s, expected a multiple of the alignment %d", field,
                    Long.toUnsignedString(offset), alignment);
        }
        return new TensorEntry(name, type, shape, offset, byteSize(field, type, shape));
    }

    private long byteSize(String field, TensorType type, long[] shape) {
        long columns = shape[shape.length - 1];
        long rows = 1;
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] < 1) {
                throw invalid("%s has a dimension of %d in its shape %s", field, shape[i], Arrays.toString(shape));
            }
            // Both stay below 2^31, so no product of them overflows; rows and columns are Java ints elsewhere.
            if (shape[i] > Integer.MAX_VALUE || i < shape.length - 1 && (rows *= shape[i]) > Integer.MAX_VALUE) {
                throw invalid("%s is too large: its shape is %s, and rows and columns are limited to 2^31 - 1", field,
                        Arrays.toString(shape));
            }
        }
        if (columns % type.blockSize() != 0) {
            throw invalid("%s has rows of %d values, which do not fill whole %s blocks of %d", field, columns, type,
                    type.blockSize());
        }
        try {
            return type.byteSize(rows * columns);
        } catch (ArithmeticException e) {
            throw new ModelFormatException("%s: %s is too large: its shape is %s".formatted(location, field,
                    Arrays.toString(shape)), e);
        }
    }

    /** Cuts the tensors' bytes out of the file. */
    private void place(List<TensorEntry> entries, long dataStart) {
        for (TensorEntry entry : entries) {
            long available = bytes.byteSize() - dataStart;
            if (entry.offset > available || entry.byteSize > available - entry.offset) {
                throw invalid("tensor '%s' needs %d bytes from byte %d on, but the file ends at byte %d: truncated?",
                        ModelFormatException.printable(entry.name), entry.byteSize,
                        dataStart + Math.min(entry.offset, Long.MAX_VALUE / 2),
                        bytes.byteSize());
            }
            tensors.put(entry.name, new ModelTensor(entry.name, entry.type, entry.shape,
                    bytes.asSlice(dataStart + entry.offset, entry.byteSize)));
        }
        List<TensorEntry> byOffset = new ArrayList<>(entries);
        byOffset.sort(Comparator.comparingLong(TensorEntry::offset));
        for (int i = 1; i < byOffset.size(); i++) {
            TensorEntry before = byOffset.get(i - 1);
            TensorEntry after = byOffset.get(i);
            if (before.offset + before.byteSize > after.offset) {
                throw invalid("tensors '%s' and '%s' overlap", ModelFormatException.printable(before.name),
                        ModelFormatException.printable(after.name));
            }
        }
    }

    private static long alignUp(long position, int alignment) {
        return (position + alignment - 1) / alignment * alignment;
    }

    private ModelFormatException invalid(String format, Object... arguments) {
        return new ModelFormatException(
                location + ": " + (arguments.length == 0 ? format : format.formatted(arguments)));
    }
}
