package io.github.jnpu.server.api;

import io.github.jnpu.engine.chat.AnswerSyntax;
import io.github.jnpu.engine.chat.RequiredCall;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether an answer has to be a call.
 *
 * @param tool
 *            the one that has to be called; empty for any
 */
record ToolChoice(boolean required, Optional<String> tool) {
    /** The model decides. */
    static final ToolChoice AUTO = new ToolChoice(false, Optional.empty());
    static final ToolChoice ANY = new ToolChoice(true, Optional.empty());

    static ToolChoice of(String tool) {
        return new ToolChoice(true, Optional.of(tool));
    }

    /**
     * What the answer is held to; empty where the model decides.
     *
     * @param syntax
     *            of the model's answers, which has one where it can have tools
     * @throws ApiException
     *             400 if there is no such tool
     */
    Optional<RequiredCall> call(List<Map<String, Object>> tools, Optional<AnswerSyntax> syntax) {
        if (!required) {
            return Optional.empty();
        }
        List<Map<String, Object>> allowed = tools.stream().filter(one -> tool.isEmpty() || one.get(
                "function") instanceof Map<?, ?> function && tool.get().equals(function.get("name"))).toList();
        if (allowed.isEmpty()) {
            throw ApiException
                    .badRequest(tool.map("tool_choice names the tool '%s', which is not among the tools"::formatted)
                            .orElse("tool_choice asks for a call, but there are no tools"));
        }
        return Optional.of(RequiredCall.of(syntax.orElseThrow(), allowed));
    }
}
