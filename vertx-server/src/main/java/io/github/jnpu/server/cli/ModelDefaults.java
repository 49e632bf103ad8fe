package io.github.jnpu.server.cli;

import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.StoredModel;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the store holds beside the weights: how the model wants to be used.
 *
 * @param template
 *            a Go template
 * @param parameters
 *            by Ollama's names
 * @param messages
 *            turns that stand before every conversation
 */
record ModelDefaults(Optional<String> template, Optional<String> system, Map<String, Object> parameters,
        List<ChatMessage> messages,
        List<String> licenses) {
    private static final ModelDefaults EMPTY = new ModelDefaults(Optional.empty(), Optional.empty(), Map.of(),
            List.of(),
            List.of());

    /** That of a stored model; an empty one for a file. */
    static ModelDefaults of(String model) {
        if (model.endsWith(".gguf")) {
            return EMPTY;
        }
        return ModelName.parse(model).flatMap(ModelStore.ofUser()::find).map(ModelDefaults::of).orElse(EMPTY);
    }

    private static ModelDefaults of(StoredModel model) {
        return new ModelDefaults(model.template(), model.system(), model.parameters(), model.messages(),
                model.licenses());
    }
}
