package io.github.jnpu.convert.gguf;

import java.util.Optional;

/** The types of metadata values; the ordinal is the number in the file ({@code enum gguf_metadata_value_type}). */
enum GgufValueType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(8),
    ARRAY(12),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final GgufValueType[] BY_ID = values();

    private final int minimumBytes;

    GgufValueType(int minimumBytes) {
        this.minimumBytes = minimumBytes;
    }

    /** The size of a value in the file; of an empty one for text and arrays. */
    int minimumBytes() {
        return minimumBytes;
    }

    int id() {
        return ordinal();
    }

    static Optional<GgufValueType> ofId(int id) {
        return id >= 0 && id < BY_ID.length ? Optional.of(BY_ID[id]) : Optional.empty();
    }
}
