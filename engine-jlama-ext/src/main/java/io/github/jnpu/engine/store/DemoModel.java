package io.github.jnpu.engine.store;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.chat.ChatMessage;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The small model that ships in the engine's jar, so that a fresh clone has something to run. */
final class DemoModel implements StoredModel {
    static final ModelName NAME = ModelName.parse("demo").orElseThrow();

    private static final String RESOURCE = "/io/github/jnpu/engine/demo/demo.gguf";
    /** The repository's own limit for the file is 25 MB; this one only keeps a broken jar from filling the memory. */
    private static final int MAX_BYTES = 64 << 20;

    private final String digest;
    private final long size;
    private final Instant modifiedAt;

    private DemoModel(String digest, long size, Instant modifiedAt) {
        this.digest = digest;
        this.size = size;
        this.modifiedAt = modifiedAt;
    }

    private static final class Holder {
        static final Optional<DemoModel> INSTANCE = find();
    }

    /** The model; empty in a build without it. */
    static Optional<DemoModel> instance() {
        return Holder.INSTANCE;
    }

    private static Optional<DemoModel> find() {
        URL url = DemoModel.class.getResource(RESOURCE);
        if (url == null) {
            return Optional.empty();
        }
        byte[] bytes = read();
        return Optional.of(new DemoModel(Digest.of(bytes).hex(), bytes.length, lastModified(url)));
    }

    /** The file's content. */
    static byte[] read() {
        try (InputStream in = DemoModel.class.getResourceAsStream(RESOURCE)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new ModelFormatException("demo: the model is larger than %d bytes".formatted(MAX_BYTES));
            }
            return bytes;
        } catch (IOException e) {
            throw new ModelFormatException("demo: the model cannot be read from the jar: " + e.getMessage(), e);
        }
    }

    private static Instant lastModified(URL url) {
        try {
            URLConnection connection = url.openConnection();
            // A cached connection would keep the jar open.
            connection.setUseCaches(false);
            Instant modified = Instant.ofEpochMilli(connection.getLastModified());
            connection.getInputStream().close();
            return modified;
        } catch (IOException e) {
            return Instant.EPOCH;
        }
    }

    @Override
    public ModelName name() {
        return NAME;
    }

    @Override
    public String digest() {
        return digest;
    }

    @Override
    public String weightsDigest() {
        return digest;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public Instant modifiedAt() {
        return modifiedAt;
    }

    @Override
    public Optional<Path> file() {
        return Optional.empty();
    }

    @Override
    public ModelSource open() {
        byte[] bytes = read();
        Arena arena = Arena.ofShared();
        try {
            // Tensors lie at multiples of at most 64 bytes in published files, and kernels may count on it.
            MemorySegment memory = arena.allocate(bytes.length, 64);
            MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
            return new InMemorySource(GgufFile.of(memory.asReadOnly(), "demo"), arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /** A file in memory that frees the memory when it is closed. */
    private record InMemorySource(ModelSource parsed, Arena arena) implements ModelSource {
        @Override
        public String location() {
            return parsed.location();
        }

        @Override
        public Metadata metadata() {
            return parsed.metadata();
        }

        @Override
        public Collection<ModelTensor> tensors() {
            return parsed.tensors();
        }

        @Override
        public Optional<ModelTensor> tensor(String name) {
            return parsed.tensor(name);
        }

        @Override
        public long byteSize() {
            return parsed.byteSize();
        }

        @Override
        public void close() {
            parsed.close();
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }
    }

    @Override
    public Optional<String> parent() {
        return Optional.empty();
    }

    @Override
    public Optional<String> template() {
        return Optional.empty();
    }

    @Override
    public Optional<String> system() {
        return Optional.empty();
    }

    @Override
    public Map<String, Object> parameters() {
        // A small model strays at Ollama's 0.8: 66 % of the freely written questions right instead of 70 %.
        return Map.of("temperature", 0.0);
    }

    @Override
    public List<ChatMessage> messages() {
        return List.of();
    }

    @Override
    public List<String> licenses() {
        return List.of();
    }

    @Override
    public ModelConfiguration configuration() {
        return ModelConfiguration.EMPTY;
    }
}
