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
import io.github.jnpu.engine.chat.tool.ToolCallParser;
import io.github.jnpu.engine.chat.tool.ToolCallPiece;
import io.github.jnpu.engine.chat.tool.ToolCallSyntax;
import io.github.jnpu.engine.grammar.Grammar;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

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
            return requiredCall(tools, syntax.orElseThrow().toolCalls());
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
            return new AnswerConstraint("", Optional.of(ToolSchemas.callOr(tools, ToolSchemas.schema(format.jsonSchema()
                    .rootElement()))), true);
        }
        String open = tag(calls).orElseThrow(() -> unsupported(
                "tools together with a JSON response format are not supported for this model: its calls are no JSON objects"));
        int family = calls.openings().indexOf(open);
        String close = family < calls.closings().size() ? calls.closings().get(family) : "";
        return new AnswerConstraint("", Optional.of(answer(format).or(ToolSchemas.call(tools).tagged(open, close))),
                true);
    }

    private static Grammar answer(ResponseFormat format) {
        return format.jsonSchema() == null
                ? Grammar.jsonObject()
                : ToolSchemas.grammar(ToolSchemas.schema(format.jsonSchema().rootElement()));
    }

    /** Bare calls may follow thoughts; a tag is written for the model, so that it cannot go on without one. */
    private static AnswerConstraint requiredCall(List<ToolSpecification> tools, ToolCallSyntax syntax) {
        Optional<Grammar> call = Optional.of(ToolSchemas.call(tools));
        if (syntax.bare()) {
            return new AnswerConstraint("", call, true);
        }
        return tag(syntax).map(tag -> new AnswerConstraint(tag, call, false)).orElseThrow(
                () -> unsupported(
                        "toolChoice REQUIRED is not supported for this model: its calls are no JSON objects"));
    }

    /** What a call that is a JSON object may stand behind. */
    private static Optional<String> tag(ToolCallSyntax syntax) {
        return syntax.openings().stream().filter(tag -> isReadBehind(tag, syntax)).findFirst();
    }

    private static boolean isReadBehind(String tag, ToolCallSyntax syntax) {
        ToolCallParser parser = new ToolCallParser(syntax, Set.of("f"));
        List<ToolCallPiece> pieces = parser.accept(tag + "{\"name\":\"f\",\"arguments\":{}}");
        return Stream.concat(pieces.stream(), parser.finish().stream()).anyMatch(ToolCallPiece.Call.class::isInstance);
    }
}
