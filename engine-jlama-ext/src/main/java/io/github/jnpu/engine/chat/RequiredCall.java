package io.github.jnpu.engine.chat;

import io.github.jnpu.engine.chat.tool.ToolCallGrammar;
import io.github.jnpu.engine.chat.tool.ToolCallParser;
import io.github.jnpu.engine.chat.tool.ToolCallPiece;
import io.github.jnpu.engine.chat.tool.ToolCallSyntax;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.grammar.GrammarException;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * How an answer is held to one call of a tool, whatever the model would say. Immutable.
 *
 * @param tag
 *            what the answer begins with; it is a part of the prompt, so that the model cannot go on without it. Empty where calls
 *            are bare JSON
 * @param grammar
 *            what follows
 */
public record RequiredCall(String tag, Grammar grammar) {

    /**
     * A call of one of some tools.
     *
     * @param tools
     *            definitions as {@link ChatPrompt} has them
     * @throws ChatTemplateException
     *             if the model's calls are no JSON objects
     * @throws GrammarException
     *             if a tool's schema cannot be held
     */
    public static RequiredCall of(AnswerSyntax syntax, List<Map<String, Object>> tools) {
        if (syntax.isHarmony()) {
            throw new ChatTemplateException(
                    "a required tool call is not supported for models that answer in channels (harmony), as gpt-oss does; let the model choose");
        }
        ToolCallSyntax calls = syntax.toolCalls();
        if (calls.bare()) {
            return new RequiredCall("", ToolCallGrammar.call(tools));
        }
        String tag = calls.openings().stream().filter(opening -> isReadBehind(opening, calls)).findFirst().orElseThrow(
                () -> new ChatTemplateException(
                        "a required tool call is not supported for this model: its calls are no JSON objects; let the model choose"));
        return new RequiredCall(tag, ToolCallGrammar.call(tools));
    }

    private static boolean isReadBehind(String tag, ToolCallSyntax syntax) {
        ToolCallParser parser = new ToolCallParser(syntax, Set.of("f"));
        List<ToolCallPiece> pieces = parser.accept(tag + "{\"name\":\"f\",\"arguments\":{}}");
        return Stream.concat(pieces.stream(), parser.finish().stream()).anyMatch(ToolCallPiece.Call.class::isInstance);
    }

    /**
     * What stands behind the prompt's text, in front of what the model writes: the tag, and the end of thoughts that the prompt
     * begins. It has to be encoded with the prompt, and the reader of the answer has to have it first.
     *
     * @param rendered
     *            the prompt's text
     */
    public String opening(AnswerSyntax syntax, String rendered) {
        if (tag.isEmpty()) {
            return "";
        }
        return syntax.thinkingTags().filter(tags -> tags.areOpenedBy(rendered)).map(tags -> tags.close() + "\n\n")
                .orElse("") + tag;
    }

    /** Whether thoughts may come before the call: not where the tag stands already. */
    public boolean behindThoughts() {
        return tag.isEmpty();
    }

    /** What the model is held to. */
    public Grammar held(AnswerSyntax syntax, ChatPrompt asked, String rendered) {
        return behindThoughts() ? syntax.held(grammar, asked.mayThink(), rendered) : grammar;
    }
}
