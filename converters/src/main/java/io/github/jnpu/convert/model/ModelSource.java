package io.github.jnpu.convert.model;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;

/**
 * A model as its file describes it, whatever the format: hyper-parameters, tensors, vocabulary, chat template.
 *
 * <p>Keys and tensor names are GGUF's; a source of another format translates. The tensors' memory belongs to the source
 * and is valid until it is closed. Reading is thread-safe.
 */
public interface ModelSource extends AutoCloseable {

    /** Where the model came from, for messages. */
    String location();

    /** The file that the tensors lie in; empty if there is none that others could open. */
    default Optional<Path> file() {
        return Optional.empty();
    }

    Metadata metadata();

    /** All tensors in file order. */
    Collection<ModelTensor> tensors();

    /** The tensor of this name, if the file has it. */
    Optional<ModelTensor> tensor(String name);

    /**
     * The tensor of this name.
     *
     * @throws ModelFormatException
     *             if the file lacks it
     */
    default ModelTensor requireTensor(String name) {
        return tensor(name).orElseThrow(
                () -> new ModelFormatException("%s: tensor '%s' is missing".formatted(location(), name)));
    }

    /** The size of the whole file in bytes. */
    long byteSize();

    /** Unmaps the file; tensors must not be read after it. */
    @Override
    void close();
}
