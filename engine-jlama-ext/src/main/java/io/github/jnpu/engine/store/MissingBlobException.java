package io.github.jnpu.engine.store;

import io.github.jnpu.engine.EngineException;

/** A model cannot be installed because a blob of it is not in the store: somebody deleted it in the meantime, or it never came. */
public class MissingBlobException extends EngineException {
    private static final long serialVersionUID = 1L;

    MissingBlobException(ModelName name, Digest digest) {
        super("model '%s' cannot be installed: its blob %s is not in the store".formatted(name, digest));
    }
}
