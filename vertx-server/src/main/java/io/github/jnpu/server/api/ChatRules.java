package io.github.jnpu.server.api;

import java.util.function.Function;

/**
 * What a dialect adds to a chat that is otherwise Ollama's.
 *
 * @param shapes
 *            how a model with this name, as the client wrote it, answers
 * @param choice
 *            whether the answer has to be a call
 * @param relaxesThinking
 *            whether a model that cannot think answers without thoughts, instead of an error
 */
record ChatRules(Function<String, AnswerShape> shapes, ToolChoice choice, boolean relaxesThinking) {
    static ChatRules of(Function<String, AnswerShape> shapes) {
        return new ChatRules(shapes, ToolChoice.AUTO, false);
    }
}
