package io.github.jnpu.convert.gguf;

import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.tensor.TensorType;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Writes a GGUF file, version 3: collects metadata and tensor descriptions, then streams.
 *
 * <p>Tensor data is asked for when its turn comes, so a file may be far larger than the heap. A reader of the target
 * path sees either the old file or the complete new one. Not thread-safe.
 */
public final class GgufWriter {
    private static final String ALIGNMENT_KEY = "general.alignment";
    private static final int ALIGNMENT = 32;
    private static final long MAX_UNSIGNED = 0xffff_ffffL;
    private static final int MAX_DIMENSIONS = 4;
    private static final int COPY_BYTES = 1 << 20;

    private final Map<String, Value> metadata = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    private record Value(GgufValueType type, Object value) {}

    private record Tensor(String name, TensorType type, long[] shape, long byteSize, TensorData data) {}

    /**
     * A writer with all that a model has, as it is.
     *
     * @param source
     *            stays open until the file is written
     * @param omitted
     *            keys that are left out
     */
    public static GgufWriter of(ModelSource source, Set<String> omitted) {
        GgufWriter writer = new GgufWriter().copyMetadata(source.metadata(), omitted);
        source.tensors().forEach(tensor -> writer.tensor(tensor.name(), tensor.type(), tensor.shape(), tensor.data()));
        return writer;
    }

    /** Where a tensor's bytes go. */
    @FunctionalInterface
    public interface TensorOutput {
        /** Takes the next {@code length} bytes; they may be reused afterwards. */
        void write(byte[] bytes, int offset, int length) throws IOException;
    }

    /** Produces a tensor's bytes, in order and exactly as many as its type and shape ask for. */
    @FunctionalInterface
    public interface TensorData {
        void writeTo(TensorOutput output) throws IOException;
    }

    /**
     * Adds a pair with a value as {@link GgufFile} returns it: {@code Byte, Short, Integer, Long, BigInteger, Float,
     * Double, Boolean, String} or {@link MetadataArray}.
     *
     * <p>Numbers are written signed in the width of their class, {@code BigInteger} as uint64; {@link #putUnsigned} writes
     * the uint32 that hyper-parameters and token ids need.
     *
     * @throws IllegalArgumentException
     *             if the key is there already or the value is of another class
     */
    public GgufWriter put(String key, Object value) {
        GgufValueType type = switch (value) {
            case Byte _ -> GgufValueType.INT8;
            case Short _ -> GgufValueType.INT16;
            case Integer _ -> GgufValueType.INT32;
            case Long _ -> GgufValueType.INT64;
            case BigInteger _ -> GgufValueType.UINT64;
            case Float _ -> GgufValueType.FLOAT32;
            case Double _ -> GgufValueType.FLOAT64;
            case Boolean _ -> GgufValueType.BOOL;
            case String _ -> GgufValueType.STRING;
            case MetadataArray _ -> GgufValueType.ARRAY;
            default -> throw new IllegalArgumentException(
                    "metadata '%s': no GGUF type for %s".formatted(key, value.getClass().getName()));
        };
        return put(key, type, value);
    }

    /**
     * Adds a uint32, the type of most hyper-parameters.
     *
     * @param value
     *            0 to 2^32 - 1
     * @throws IllegalArgumentException
     *             if the key is there already or the value out of range
     */
    public GgufWriter putUnsigned(String key, long value) {
        if (value < 0 || value > MAX_UNSIGNED) {
            throw new IllegalArgumentException("metadata '%s': %d is not a uint32".formatted(key, value));
        }
        return put(key, GgufValueType.UINT32, value);
    }

    /**
     * Adds an array of text.
     *
     * @throws IllegalArgumentException
     *             if the key is there already
     */
    public GgufWriter putStrings(String key, List<String> values) {
        return put(key, GgufValueType.ARRAY, new MetadataArray(List.copyOf(values), false));
    }

    /**
     * Adds all pairs of another model but those of some keys and the alignment, which is this writer's. What comes from a GGUF file
     * keeps its types; from elsewhere they are those of {@link #put(String, Object)}, but a {@code Long} that fits becomes
     * the uint32 that {@link Metadata} says it is.
     *
     * @throws IllegalArgumentException
     *             if a key is there already
     */
    public GgufWriter copyMetadata(Metadata source, Set<String> omitted) {
        source.values().forEach((key, value) -> {
            if (key.equals(ALIGNMENT_KEY) || omitted.contains(key)) {
                return;
            }
            if (source instanceof GgufFile.Pairs pairs) {
                put(key, pairs.types().get(key), value);
            } else if (value instanceof Long number && number >= 0 && number <= MAX_UNSIGNED) {
                putUnsigned(key, number);
            } else {
                put(key, value);
            }
        });
        return this;
    }

    GgufWriter put(String key, GgufValueType type, Object value) {
        if (key.equals(ALIGNMENT_KEY)) {
            throw new IllegalArgumentException("the alignment is always " + ALIGNMENT);
        }
        if (metadata.putIfAbsent(key, new Value(type, value)) != null) {
            throw new IllegalArgumentException("metadata '%s' is there already".formatted(key));
        }
        return this;
    }

    /**
     * Adds a tensor whose bytes are in memory.
     *
     * @param shape
     *            row-major, outermost dimension first
     * @throws IllegalArgumentException
     *             if the name is there already, the shape does not fit the type or the data
     */
    public GgufWriter tensor(String name, TensorType type, long[] shape, MemorySegment data) {
        tensor(name, type, shape, output -> {
            byte[] buffer = new byte[(int) Math.min(COPY_BYTES, data.byteSize())];
            for (long done = 0; done < data.byteSize(); done += buffer.length) {
                int length = (int) Math.min(buffer.length, data.byteSize() - done);
                MemorySegment.copy(data, ValueLayout.JAVA_BYTE, done, buffer, 0, length);
                output.write(buffer, 0, length);
            }
        });
        if (tensors.get(name).byteSize != data.byteSize()) {
            long expected = tensors.remove(name).byteSize;
            throw new IllegalArgumentException(
                    "tensor '%s' needs %d bytes, got %d".formatted(name, expected, data.byteSize()));
        }
        return this;
    }

    /**
     * Adds a tensor whose bytes are produced when the file is written.
     *
     * @param shape
     *            row-major, outermost dimension first, up to four
     * @throws IllegalArgumentException
     *             if the name is there already or the shape does not fit the type
     */
    public GgufWriter tensor(String name, TensorType type, long[] shape, TensorData data) {
        Objects.requireNonNull(data, "data");
        if (shape.length < 1 || shape.length > MAX_DIMENSIONS || Arrays.stream(shape).anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException("tensor '%s': shape %s needs one to four dimensions above 0"
                    .formatted(name, Arrays.toString(shape)));
        }
        if (shape[shape.length - 1] % type.blockSize() != 0) {
            throw new IllegalArgumentException("tensor '%s': rows of %d values do not fill whole %s blocks"
                    .formatted(name, shape[shape.length - 1], type));
        }
        long byteSize = type.byteSize(Arrays.stream(shape).reduce(1, Math::multiplyExact));
        if (tensors.putIfAbsent(name, new Tensor(name, type, shape.clone(), byteSize, data)) != null) {
            throw new IllegalArgumentException("tensor '%s' is there already".formatted(name));
        }
        return this;
    }

    /**
     * Writes the file beside {@code path} and moves it there when it is complete.
     *
     * @throws IOException
     *             if it cannot be written, or a tensor's data is too long or too short; nothing stays behind
     */
    public void write(Path path) throws IOException {
        try (AtomicFile file = new AtomicFile(path)) {
            GgufOutput output = new GgufOutput(file.stream());
            writeHeader(output);
            for (Tensor tensor : tensors.values()) {
                output.pad(ALIGNMENT);
                writeTensor(tensor, output);
            }
            output.pad(ALIGNMENT);
            output.flush();
            file.commit();
        }
    }

    private void writeHeader(GgufOutput output) throws IOException {
        output.writeInt(GgufReader.MAGIC);
        output.writeInt(3);
        output.writeLong(tensors.size());
        output.writeLong(metadata.size());
        for (Map.Entry<String, Value> pair : metadata.entrySet()) {
            output.writeString(pair.getKey());
            output.writeInt(pair.getValue().type.id());
            output.writeValue(pair.getValue().type, pair.getValue().value);
        }
        long offset = 0;
        for (Tensor tensor : tensors.values()) {
            output.writeString(tensor.name);
            output.writeInt(tensor.shape.length);
            for (int i = tensor.shape.length - 1; i >= 0; i--) {
                output.writeLong(tensor.shape[i]);
            }
            output.writeInt(tensor.type.id());
            output.writeLong(offset);
            offset = Math.ceilDiv(offset + tensor.byteSize, ALIGNMENT) * ALIGNMENT;
        }
    }

    private static void writeTensor(Tensor tensor, GgufOutput output) throws IOException {
        long end = output.position() + tensor.byteSize;
        tensor.data.writeTo((bytes, offset, length) -> {
            if (output.position() + length > end) {
                throw new IOException("tensor '%s' has more than its %d bytes".formatted(tensor.name, tensor.byteSize));
            }
            output.write(bytes, offset, length);
        });
        if (output.position() != end) {
            throw new IOException("tensor '%s' has %d bytes less than its %d".formatted(tensor.name,
                    end - output.position(), tensor.byteSize));
        }
    }
}
