package io.github.jnpu.engine.store;

import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.chat.ChatMessage;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An installed model: its name, its weights and what its Modelfile said. Immutable and thread-safe; the texts are read from
 * the store at every call.
 */
public interface StoredModel {

    ModelName name();

    /** SHA-256 of the manifest file, 64 hexadecimal digits: what identifies this version of the model. */
    String digest();

    /**
     * Identifies the weights: models that share them, such as copies, can share one model in memory.
     *
     * @return 64 hexadecimal digits
     */
    String weightsDigest();

    /** All layers and the configuration together, in bytes. */
    long size();

    Instant modifiedAt();

    /** The GGUF file; empty for a model that is part of the program. */
    Optional<Path> file();

    /**
     * Opens the weights; the caller closes them.
     *
     * @throws ModelFormatException
     *             if they are missing, unreadable, malformed, or need an adapter
     */
    ModelSource open();

    /** The model that this one was made from. */
    Optional<String> parent();

    /** The Go template of the Modelfile. */
    Optional<String> template();

    /** The system prompt of the Modelfile. */
    Optional<String> system();

    /** The Modelfile's parameters, in the file's order; numbers, texts, truth values and lists of them. */
    Map<String, Object> parameters();

    /** The conversation that the Modelfile puts before every other. */
    List<ChatMessage> messages();

    List<String> licenses();

    /** What the configuration says of the weights, so that nobody has to open them. */
    ModelConfiguration configuration();
}
