package io.github.jnpu.convert.safetensors;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jnpu.convert.model.ModelFormatException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A safetensors file, mapped: eight bytes with the length of a JSON header, the header, then the tensors without gaps. Reading is
 * thread-safe; the tensors' memory is valid until {@link #close()}.
 */
public final class SafetensorsFile implements AutoCloseable {
    private static final String METADATA = "__metadata__";
    private static final int LENGTH_BYTES = 8;
    /** The limit of the reference implementation. */
    private static final long MAX_HEADER = 100_000_000;
    private static final int MAX_DIMENSIONS = 8;
    private static final int MAX_NAME = 1000;
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(
            ByteOrder.LITTLE_ENDIAN);
    private static final ObjectMapper JSON = JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    static {
        JSON.getFactory().setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(4).maxNameLength(
                MAX_NAME).build());
    }

    private final String location;
    private final long byteSize;
    private final Arena arena;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    /**
     * A tensor.
     *
     * @param type
     *            the format's name, such as {@code BF16}
     * @param shape
     *            row-major, outermost dimension first; empty for a single value
     * @param data
     *            exactly its bytes, little-endian, read-only
     */
    public record Entry(String name, String type, List<Long> shape, MemorySegment data) {
        public Entry {
            shape = List.copyOf(shape);
        }
    }

    private SafetensorsFile(MemorySegment bytes, String location, Arena arena) {
        this.location = location;
        this.byteSize = bytes.byteSize();
        this.arena = arena;
        read(bytes);
    }

    /**
     * Maps a file and reads its header.
     *
     * @throws ModelFormatException
     *             if it cannot be read or is malformed
     */
    public static SafetensorsFile open(Path path) {
        String location = path.toString();
        if (!Files.isRegularFile(path)) {
            throw new ModelFormatException("%s: %s".formatted(location, Files.exists(path)
                    ? "not a file"
                    : "no such file"));
        }
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return new SafetensorsFile(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena), location,
                    arena);
        } catch (IOException e) {
            arena.close();
            throw new ModelFormatException("%s: cannot be read: %s".formatted(location, e.getMessage()), e);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private void read(MemorySegment bytes) {
        if (byteSize < LENGTH_BYTES) {
            throw invalid("%d bytes are too few for a safetensors file".formatted(byteSize));
        }
        long length = bytes.get(LENGTH, 0);
        if (length < 2 || length > MAX_HEADER || length > byteSize - LENGTH_BYTES) {
            throw invalid("the header's length is %s in a file of %d bytes; is it a safetensors file, and whole?"
                    .formatted(Long.toUnsignedString(length), byteSize));
        }
        byte[] header = bytes.asSlice(LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment data = bytes.asSlice(LENGTH_BYTES + length);
        JsonNode root;
        try {
            root = JSON.readTree(header);
        } catch (JsonProcessingException e) {
            throw new ModelFormatException("%s: the header is no JSON: %s".formatted(location, ModelFormatException
                    .printable(e.getOriginalMessage())), e);
        } catch (IOException e) {
            throw new ModelFormatException("%s: the header is no JSON".formatted(location), e);
        }
        if (!root.isObject()) {
            throw invalid("the header is no JSON object");
        }
        List<Range> ranges = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : root.properties()) {
            if (field.getKey().equals(METADATA)) {
                field.getValue().properties().forEach(pair -> metadata.put(pair.getKey(), pair.getValue().asText()));
            } else {
                ranges.add(entry(field.getKey(), field.getValue(), data));
            }
        }
        requireNoGaps(ranges, data.byteSize());
    }

    private record Range(String name, long begin, long end) {}

    private Range entry(String name, JsonNode node, MemorySegment data) {
        String shown = ModelFormatException.printable(name);
        JsonNode offsets = node.path("data_offsets");
        JsonNode dimensions = node.path("shape");
        if (!node.path("dtype").isTextual() || !dimensions.isArray() || offsets.size() != 2 || !offsets.get(0)
                .canConvertToLong() || !offsets.get(1).canConvertToLong()) {
            throw invalid("tensor '%s' is not described by dtype, shape and data_offsets".formatted(shown));
        }
        long begin = offsets.get(0).longValue();
        long end = offsets.get(1).longValue();
        if (begin < 0 || end < begin || end > data.byteSize()) {
            throw invalid("tensor '%s' lies at %d to %d, the data ends at %d; the file is cut short".formatted(shown,
                    begin, end, data.byteSize()));
        }
        if (dimensions.size() > MAX_DIMENSIONS) {
            throw invalid("tensor '%s' has %d dimensions".formatted(shown, dimensions.size()));
        }
        String type = node.path("dtype").textValue();
        List<Long> shape = new ArrayList<>();
        long count = 1;
        for (JsonNode dimension : dimensions) {
            if (!dimension.canConvertToLong() || dimension.longValue() < 0) {
                throw invalid("tensor '%s' has the dimension %s".formatted(shown, dimension));
            }
            shape.add(dimension.longValue());
            try {
                count = Math.multiplyExact(count, dimension.longValue());
            } catch (ArithmeticException e) {
                throw new ModelFormatException("%s: tensor '%s' is too large".formatted(location, shown), e);
            }
        }
        Optional<Integer> bits = bits(type);
        // Of a type that is not known, the size is what the offsets say.
        if (bits.isPresent() && (count > Long.MAX_VALUE / 64 || (count * bits.get() + 7) / 8 != end - begin)) {
            throw invalid("tensor '%s' of type %s and shape %s does not fit its %d bytes".formatted(shown, type, shape,
                    end - begin));
        }
        entries.put(name, new Entry(name, type, shape, data.asSlice(begin, end - begin)));
        return new Range(shown, begin, end);
    }

    private static Optional<Integer> bits(String type) {
        return Optional.ofNullable(switch (type) {
            case "BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0" -> 8;
            case "U16", "I16", "F16", "BF16" -> 16;
            case "U32", "I32", "F32" -> 32;
            case "U64", "I64", "F64" -> 64;
            default -> null;
        });
    }

    /** As the format demands, so that no two readers see different files. */
    private void requireNoGaps(List<Range> ranges, long size) {
        ranges.sort(Comparator.comparingLong(Range::begin).thenComparingLong(Range::end));
        long position = 0;
        for (Range range : ranges) {
            if (range.begin != position) {
                throw invalid("tensor '%s' begins at %d, where %d is the next free byte".formatted(range.name,
                        range.begin, position));
            }
            position = range.end;
        }
        if (position != size) {
            throw invalid("%d bytes at the end belong to no tensor".formatted(size - position));
        }
    }

    private ModelFormatException invalid(String what) {
        return new ModelFormatException("%s: %s".formatted(location, what));
    }

    /** Where it came from, for messages. */
    public String location() {
        return location;
    }

    /** The size of the whole file in bytes. */
    public long byteSize() {
        return byteSize;
    }

    /** The tensors by name, in the header's order. */
    public Map<String, Entry> entries() {
        return Collections.unmodifiableMap(entries);
    }

    /** What the file says of itself. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
