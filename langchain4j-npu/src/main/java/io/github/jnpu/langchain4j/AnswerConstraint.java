package io.github.jnpu.langchain4j;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import io.github.jnpu.engine.chat.AnswerSyntax;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.ChatTemplateException;
import io.github.jnpu.engine.chat.RequiredCall;
import io.github.jnpu.engine.chat.tool.ToolCallGrammar;
import io.github.jnpu.engine.chat.tool.ToolCallSyntax;
import io.github.jnpu.engine.grammar.Grammar;

import java.util.List;
import java.util.Optional;

/**
 * What an answer is held to.
 *
 * @param opening
 *            what the answer begins with whatever the model thinks of it; it is part of the prompt
 * @param grammar
 *            what the text must belong to
 * @param behindThoughts
 *            whether thoughts may come before it
 */
record AnswerConstraint(String opening, Optional<Grammar> grammar, boolean behindThoughts) {
    private static final AnswerConstraint NONE = new AnswerConstraint("", Optional.empty(), false);

    /** The tools that the model is told of. */
    static List<ToolSpecification> tools(ChatRequestParameters parameters) {
        return parameters.toolChoice() == ToolChoice.NONE || parameters.toolSpecifications() == null
                ? List.of()
                : parameters.toolSpecifications();
    }

    /**
     * Reads it off a request.
     *
     * @throws UnsupportedFeatureException
     *             naming what the model's template leaves no way for
     * @throws InvalidRequestException
     *             for what contradicts itself
     */
    static AnswerConstraint of(ChatRequestParameters parameters, Optional<ChatTemplate> template) {
        List<ToolSpecification> tools = tools(parameters);
        Optional<AnswerSyntax> syntax = template.map(ChatTemplate::syntax);
        ResponseFormat format = parameters.responseFormat();
        boolean json = format != null && format.type() == ResponseFormatType.JSON;
        Grammar own = parameters instanceof NpuChatRequestParameters npu ? npu.grammar() : null;
        if (!tools.isEmpty() && !template.map(ChatTemplate::supportsTools).orElse(false)) {
            throw unsupported(
                    "%s not supported by this model: its chat template has no place for tools".formatted(parameters
                            .toolChoice() == ToolChoice.REQUIRED ? "ToolChoice.REQUIRED is" : "tools are"));
        }
        if (parameters.toolChoice() == ToolChoice.REQUIRED && tools.isEmpty()) {
            throw new InvalidRequestException("toolChoice REQUIRED needs toolSpecifications");
        }
        if (own != null && (json || !tools.isEmpty())) {
            throw new InvalidRequestException("a grammar leaves no room for %s; leave one of them out".formatted(json
                    ? "a JSON response format"
                    : "tools"));
        }
        boolean required = parameters.toolChoice() == ToolChoice.REQUIRED;
        if ((own != null || json || required) && syntax.map(AnswerSyntax::isHarmony).orElse(false)) {
            throw unsupported("%s not supported for models that answer in channels (harmony), as gpt-oss does"
                    .formatted(own != null ? "grammar is" : required ? "toolChoice REQUIRED is" : "JSON format is"));
        }
        if (required) {
            return requiredCall(tools, syntax.orElseThrow());
        }
        if (own != null) {
            return new AnswerConstraint("", Optional.of(own), true);
        }
        return json ? json(format, tools, syntax) : NONE;
    }

    private static UnsupportedFeatureException unsupported(String text) {
        return new UnsupportedFeatureException(text);
    }

    private static AnswerConstraint json(ResponseFormat format, List<ToolSpecification> tools,
            Optional<AnswerSyntax> syntax) {
        if (tools.isEmpty()) {
            return new AnswerConstraint("", Optional.of(answer(format)), true);
        }
        ToolCallSyntax calls = syntax.orElseThrow().toolCalls();
        if (calls.bare()) {
            if (format.jsonSchema() == null) {
                throw unsupported(
                        "tools together with a JSON response format are not supported for this model: without a schema, calls and answers look alike");
            }
            return new AnswerConstraint("", Optional.of(ToolCallGrammar.callOr(ToolSchemas.definitions(tools),
                    ToolSchemas.schema(format.jsonSchema().rootElement()))), true);
        }
        RequiredCall call = call(tools, syntax.get(), "tools together with a JSON response format");
        int family = calls.openings().indexOf(call.tag());
        String close = family < calls.closings().size() ? calls.closings().get(family) : "";
        return new AnswerConstraint("", Optional.of(answer(format).or(call.grammar().tagged(call.tag(), close))), true);
    }

    private static Grammar answer(ResponseFormat format) {
        return format.jsonSchema() == null
                ? Grammar.jsonObject()
                : ToolSchemas.grammar(ToolSchemas.schema(format.jsonSchema().rootElement()));
    }

    private static AnswerConstraint requiredCall(List<ToolSpecification> tools, AnswerSyntax syntax) {
        RequiredCall call = call(tools, syntax, "toolChoice REQUIRED");
        return new AnswerConstraint(call.tag(), Optional.of(call.grammar()), call.behindThoughts());
    }

    private static RequiredCall call(List<ToolSpecification> tools, AnswerSyntax syntax, String feature) {
        try {
            return RequiredCall.of(syntax, ToolSchemas.definitions(tools));
        } catch (ChatTemplateException e) {
            UnsupportedFeatureException unsupported = unsupported(feature + ": " + e.getMessage());
            unsupported.initCause(e);
            throw unsupported;
        }
    }
}
