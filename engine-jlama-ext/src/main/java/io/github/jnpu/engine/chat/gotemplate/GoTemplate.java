package io.github.jnpu.engine.chat.gotemplate;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A template in Go's {@code text/template}, with the functions that Ollama adds ({@code json}, {@code currentDate},
 * {@code yesterdayDate}, {@code toTypeScriptType}) and its option {@code missingkey=zero}. Sandboxed: a template reaches the
 * values that it is given and nothing of Java, and what it may spend is bounded.
 *
 * <p>Immutable and thread-safe; parsed once, run often.
 */
public final class GoTemplate {
    /** Known templates have at most some 30,000 characters. */
    private static final int MAX_SOURCE_LENGTH = 1 << 20;

    private final String source;
    private final Map<String, List<Node>> templates;
    private final Clock clock;
    private final TemplateShape shape;

    private GoTemplate(String source, Map<String, List<Node>> templates, Clock clock) {
        this.source = source;
        this.templates = Map.copyOf(templates);
        this.clock = clock;
        this.shape = new TemplateShape(templates);
    }

    /**
     * Parses a template.
     *
     * @param clock
     *            what {@code currentDate} reads
     * @throws GoTemplateException
     *             if it is no template; the message names the line
     */
    public static GoTemplate parse(String source, Clock clock) {
        if (source.length() > MAX_SOURCE_LENGTH) {
            throw new GoTemplateException("the template has " + source.length() + " characters, more than the "
                    + MAX_SOURCE_LENGTH + " allowed");
        }
        try {
            return new GoTemplate(source, Parser.parse(Lexer.tokens(source)), clock);
        } catch (StackOverflowError e) {
            // The nesting is bounded, but a caller's thread may have little stack left.
            throw new GoTemplateException("the template nests too deeply", e);
        }
    }

    public String source() {
        return source;
    }

    /** The names of all fields and variables in it, in lower case: {@code messages}, {@code tools}, {@code $i}. */
    public Set<String> identifiers() {
        return shape.identifiers();
    }

    /** The first text behind the first condition on {@code .ToolCalls}: how the model begins a tool call. */
    public Optional<String> toolCallText() {
        return shape.toolCallText();
    }

    /** The texts around {@code .Thinking} in the loop over the messages. */
    public Optional<ThinkingText> thinkingText() {
        return shape.thinkingText();
    }

    /** The texts before and behind an assistant's reasoning; either may be empty. */
    public record ThinkingText(String before, String after) {}

    /** This template with <code>{{ .Response }}</code> at its end. */
    public GoTemplate withResponse() {
        return new GoTemplate(source, TemplateShape.withResponse(templates), clock);
    }

    /** This template up to its first <code>.Response</code>, which goes as well. */
    public GoTemplate upToResponse() {
        return new GoTemplate(source, TemplateShape.upToResponse(templates), clock);
    }

    /**
     * The template's text.
     *
     * @param data
     *            what <code>.</code> is
     * @throws GoTemplateException
     *             if it fails or spends more than it may; the message names the line
     */
    public String execute(GoValue.Mapping data) {
        Executor executor = new Executor(templates, new ExecutionBudget(InputSize.of(data)), clock);
        try {
            return executor.run(Objects.requireNonNull(templates.get("")), data);
        } catch (GoTemplateException e) {
            throw new GoTemplateException("line " + executor.line() + ": " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new GoTemplateException("line " + executor.line() + ": the template nests too deeply", e);
        }
    }
}
