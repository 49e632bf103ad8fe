package io.github.jnpu.engine;

import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;

import java.lang.foreign.Arena;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model whose tensors are in memory of their own. */
final class InMemorySource implements ModelSource {
    private final String location;
    private final Metadata metadata;
    private final Map<String, ModelTensor> tensors = new LinkedHashMap<>();
    private final Arena arena;

    /**
     * @param arena
     *            holds the tensors; closed with this source
     */
    InMemorySource(String location, Metadata metadata, List<ModelTensor> tensors, Arena arena) {
        this.location = location;
        this.metadata = metadata;
        this.arena = arena;
        tensors.forEach(tensor -> this.tensors.put(tensor.name(), tensor));
    }

    @Override
    public String location() {
        return location;
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public Collection<ModelTensor> tensors() {
        return Collections.unmodifiableCollection(tensors.values());
    }

    @Override
    public Optional<ModelTensor> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /** The weights alone: the file's header is not kept. */
    @Override
    public long byteSize() {
        return WeightReader.weightBytes(tensors.values());
    }

    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return location;
    }
}
