package io.github.jnpu.server.create;

import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.store.Digest;
import io.github.jnpu.engine.store.ModelName;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model to be made. Either of {@code from} and {@code files} says out of what; the rest is laid over it.
 *
 * @param from
 *            a model, which is pulled if it is missing
 * @param files
 *            blobs of the store by the files' names
 * @param adapters
 *            as {@code files}
 * @param parameters
 *            numbers, texts, truth values and lists of them by Ollama's names
 * @param requires
 *            the version that a program needs at least to run it
 * @param quantize
 *            the type of the weights, in any case
 * @param info
 *            entries of the configuration that replace those read from the file
 */
public record CreateRequest(ModelName name, Optional<String> from, Map<String, Digest> files,
        Map<String, Digest> adapters, Optional<String> template, Optional<String> system, List<String> licenses,
        Map<String, Object> parameters, List<ChatMessage> messages, Optional<String> renderer, Optional<String> parser,
        Optional<String> requires, Optional<String> quantize, Map<String, Object> info) {
    public CreateRequest {
        files = new LinkedHashMap<>(files);
        adapters = new LinkedHashMap<>(adapters);
        licenses = List.copyOf(licenses);
        parameters = new LinkedHashMap<>(parameters);
        messages = List.copyOf(messages);
        info = new LinkedHashMap<>(info);
    }
}
