package io.github.jnpu.server.model;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.store.StoredModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Headers of model files, each read once: a vocabulary takes some 50 ms to parse. Thread-safe. */
public final class ModelHeaders {
    private static final Logger LOGGER = LoggerFactory.getLogger(ModelHeaders.class);
    private static final int CAPACITY = 512;

    private final Optional<Boolean> preferModelfile;

    private final Map<String, ModelHeader> byDigest = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ModelHeader> eldest) {
            return size() > CAPACITY;
        }
    });

    /**
     * Starts empty.
     *
     * @param preferModelfile
     *            whether a Modelfile's template is taken in any case, or in none (OLLAMA_GO_TEMPLATE)
     */
    public ModelHeaders(Optional<Boolean> preferModelfile) {
        this.preferModelfile = preferModelfile;
    }

    /**
     * The header of a model.
     *
     * @throws io.github.jnpu.convert.model.ModelFormatException
     *             if the file is missing or malformed
     */
    public ModelHeader of(StoredModel model) {
        // The manifest's digest stands for all layers: blobs never change.
        ModelHeader known = byDigest.get(model.digest());
        if (known == null) {
            try (ModelSource source = model.open()) {
                known = ModelHeader.of(source, model.template(), preferModelfile);
            }
            if (byDigest.put(model.digest(), known) == null && model.template().isPresent()) {
                mention(model, known);
            }
        }
        return known;
    }

    /** Tells the operator once which of two templates is in use. */
    private static void mention(StoredModel model, ModelHeader header) {
        boolean modelfile = header.template().equals(model.template());
        LOGGER.info("model '{}': prompts are laid out with {}", model.name(), modelfile
                ? "its Modelfile's Go template"
                : header.template().isPresent()
                        ? "the chat template of its GGUF file, not with its Modelfile's Go template"
                        : "no template: its Modelfile's cannot be used");
    }
}
