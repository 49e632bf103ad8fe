package io.github.jnpu.convert.gguf;

import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;

/** A GGUF file, mapped. */
public final class GgufFile implements ModelSource {
    private final String location;

    private GgufFile(String location) {
        this.location = location;
    }

    /**
     * Maps a file and reads its header.
     *
     * @throws ModelFormatException
     *             if it cannot be read or is malformed
     */
    public static GgufFile open(Path path) {
        throw new ModelFormatException("%s: not read yet".formatted(path));
    }

    /**
     * Reads a file that is in memory already; {@link #close()} leaves the memory alone.
     *
     * @throws ModelFormatException
     *             if it is malformed
     */
    public static GgufFile of(MemorySegment bytes, String location) {
        throw new ModelFormatException("%s: not read yet".formatted(location));
    }

    @Override
    public String location() {
        return location;
    }

    @Override
    public Metadata metadata() {
        throw new ModelFormatException("not read yet");
    }

    @Override
    public Collection<ModelTensor> tensors() {
        throw new ModelFormatException("not read yet");
    }

    @Override
    public Optional<ModelTensor> tensor(String name) {
        throw new ModelFormatException("not read yet");
    }

    @Override
    public long byteSize() {
        throw new ModelFormatException("not read yet");
    }

    @Override
    public void close() {}
}
