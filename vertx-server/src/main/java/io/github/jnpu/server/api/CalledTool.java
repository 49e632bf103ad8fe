package io.github.jnpu.server.api;

import io.github.jnpu.engine.chat.AnswerEvent;

import java.util.Map;

/** A tool's call as answers carry it. */
record CalledTool(String id, Function function) {

    /** @param arguments a JSON object */
    record Function(int index, String name, Map<String, Object> arguments) {}

    static CalledTool of(AnswerEvent.CompleteToolCall event) {
        return new CalledTool(event.call().id().orElse(null), new Function(event.index(), event.call().name(), event
                .call().arguments()));
    }
}
