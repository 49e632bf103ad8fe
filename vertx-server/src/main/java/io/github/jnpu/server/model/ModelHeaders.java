package io.github.jnpu.server.model;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.store.StoredModel;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Headers of model files, each read once: a vocabulary takes some 50 ms to parse. Thread-safe. */
public final class ModelHeaders {
    private static final int CAPACITY = 512;

    private final Map<String, ModelHeader> byDigest = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ModelHeader> eldest) {
            return size() > CAPACITY;
        }
    });

    /**
     * The header of a model's weights.
     *
     * @throws io.github.jnpu.convert.model.ModelFormatException
     *             if the file is missing or malformed
     */
    public ModelHeader of(StoredModel model) {
        // Blobs never change: the digest is their content's.
        ModelHeader known = byDigest.get(model.weightsDigest());
        if (known == null) {
            try (ModelSource source = model.open()) {
                known = ModelHeader.of(source);
            }
            byDigest.put(model.weightsDigest(), known);
        }
        return known;
    }
}
