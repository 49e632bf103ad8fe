package io.github.jnpu.engine.grammar;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a model may write, byte by byte. Immutable and thread-safe; grammars made from the same source are equal.
 *
 * <p>Every text that a grammar lets a model complete belongs to it. A generation that is cut off by a limit of tokens or by a stop
 * string may end in the middle of one.
 */
public final class Grammar {
    private static final ObjectMapper JSON = new ObjectMapper().enable(
            DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    private static final int MAX_SOURCE = 4 << 20;
    private static final int MAX_LINE_ENDS = 4;

    private static final class Json {
        static final Grammar OBJECT = of("json object", JsonText.OBJECT);
        static final Grammar VALUE = of("json value", JsonText.VALUE);

        private static Grammar of(String source, String start) {
            Map<String, Expression> rules = new LinkedHashMap<>();
            JsonText.addTo(rules);
            return new Grammar(source, rules, start, List.of());
        }
    }

    private final String source;
    private final Map<String, Expression> rules;
    private final String start;
    private final List<String> markers;
    private final Automaton automaton;

    private Grammar(String source, Map<String, Expression> rules, String start, List<String> markers) {
        this.source = source;
        this.rules = rules;
        this.start = start;
        this.markers = markers;
        this.automaton = AutomatonBuilder.build(Rules.of(rules, start));
    }

    /** Any JSON object, as Ollama's {@code format: "json"}. */
    public static Grammar jsonObject() {
        return Json.OBJECT;
    }

    /** Any JSON value. */
    public static Grammar jsonValue() {
        return Json.VALUE;
    }

    /**
     * The values that match a JSON Schema (draft 2020-12); which of them, and which keywords are refused, says
     * docs/structured-output.md.
     *
     * @throws GrammarException
     *             if the schema is malformed, uses a keyword that is not supported, or nothing can match it
     */
    public static Grammar ofJsonSchema(JsonNode schema) {
        String source = schema.toString();
        requireShort(source);
        try {
            return new Grammar("schema " + source, JsonSchemaCompiler.compile(schema), Rules.ROOT, List.of());
        } catch (StackOverflowError e) {
            throw new GrammarException("the schema is nested too deeply");
        }
    }

    /**
     * The same of a schema's text.
     *
     * @throws GrammarException
     *             if it is no JSON, and as {@link #ofJsonSchema(JsonNode)}
     */
    public static Grammar ofJsonSchema(String schema) {
        requireShort(schema);
        try {
            return ofJsonSchema(JSON.readTree(schema));
        } catch (JsonProcessingException e) {
            throw new GrammarException("the schema is no JSON: " + e.getOriginalMessage().lines().findFirst().orElse(
                    "?"));
        }
    }

    /**
     * A grammar in llama.cpp's notation; its texts begin with the rule {@code root}.
     *
     * @throws GrammarException
     *             if it is malformed, recurses to the left, or derives no text
     */
    public static Grammar ofGbnf(String text) {
        requireShort(text);
        return new Grammar("gbnf " + text, GbnfParser.parse(text), Rules.ROOT, List.of());
    }

    private static void requireShort(String source) {
        if (source.length() > MAX_SOURCE) {
            throw new GrammarException("the grammar has %d characters; at most %d are possible".formatted(source
                    .length(), MAX_SOURCE));
        }
    }

    /**
     * This grammar behind a model's thoughts: anything up to the marker, then white space, then a text of this grammar.
     *
     * @param marker
     *            what ends the thoughts, such as {@code </think>}; text, or a token of this name
     */
    public Grammar behind(String marker) {
        Map<String, Expression> more = new LinkedHashMap<>(rules);
        Expression thoughts = upTo(marker, more);
        more.put(" behind", Expression.sequence(thoughts, lineEnds(), Expression.reference(start)));
        return new Grammar("behind %s %s".formatted(marker, source), more, " behind", markersAnd(marker));
    }

    /**
     * This grammar behind thoughts that a model may or may not have.
     *
     * @param open
     *            what begins the thoughts, such as {@code <think>}
     * @param close
     *            what ends them
     */
    public Grammar behindOptional(String open, String close) {
        Map<String, Expression> more = new LinkedHashMap<>(rules);
        Expression thoughts = Expression.sequence(Expression.text(open), upTo(close, more), lineEnds());
        more.put(" behind", Expression.sequence(Expression.optional(thoughts), Expression.reference(start)));
        return new Grammar("behind %s %s %s".formatted(open, close, source), more, " behind", markersAnd(open, close));
    }

    /**
     * This grammar behind the thoughts of a model that may think.
     *
     * @param prompt
     *            the text before the answer; some templates open the thoughts themselves at its end
     */
    public Grammar behindThoughts(String prompt, String open, String close) {
        return prompt.stripTrailing().endsWith(open) ? behind(close) : behindOptional(open, close);
    }

    /** The texts of this grammar and those of another. */
    public Grammar or(Grammar other) {
        Map<String, Expression> more = new LinkedHashMap<>();
        rules.forEach((name, rule) -> more.put(" 1" + name, rule.renamed(" 1")));
        other.rules.forEach((name, rule) -> more.put(" 2" + name, rule.renamed(" 2")));
        more.put(" or", Expression.choice(Expression.reference(" 1" + start), Expression.reference(" 2"
                + other.start)));
        return new Grammar("(%s) or (%s)".formatted(source, other.source), more, " or", markersAnd(other.markers
                .toArray(String[]::new)));
    }

    /**
     * Texts of this grammar behind a tag, as models write calls of tools: one behind each tag, or a list of them in brackets, as often as the model likes.
     *
     * @param open
     *            what begins it, such as {@code <tool_call>}; text, or a token of this name
     * @param close
     *            what may end it; empty for nothing
     */
    public Grammar tagged(String open, String close) {
        if (open.isEmpty()) {
            throw new IllegalArgumentException("an empty tag begins nothing");
        }
        Map<String, Expression> more = new LinkedHashMap<>(rules);
        Expression one = Expression.reference(start);
        Expression list = Expression.sequence(Expression.text("["), lineEnds(), one, Expression.repeat(Expression
                .sequence(Expression.text(","), lineEnds(), one), 0, Expression.UNBOUNDED), lineEnds(), Expression
                        .text("]"));
        more.put(" tagged", Expression.repeat(Expression.sequence(Expression.text(open), lineEnds(), Expression.choice(
                one, list), lineEnds(), Expression.optional(Expression.sequence(Expression.text(close), lineEnds()))),
                1, Expression.UNBOUNDED));
        return new Grammar("tagged %s %s %s".formatted(open, close, source), more, " tagged", close.isEmpty()
                ? markersAnd(open)
                : markersAnd(open, close));
    }

    private List<String> markersAnd(String... others) {
        return Stream.concat(markers.stream(), Arrays.stream(others)).distinct().toList();
    }

    private static Expression lineEnds() {
        return Expression.repeat(Expression.anyOf(" \r\n"), 0, MAX_LINE_ENDS);
    }

    /** Any bytes up to the first marker, the marker included: one rule for each length of it that has been read. */
    private static Expression upTo(String marker, Map<String, Expression> rules) {
        byte[] bytes = marker.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0) {
            throw new IllegalArgumentException("an empty marker ends nothing");
        }
        for (int read = 0; read < bytes.length; read++) {
            Map<Integer, ByteSet> targets = new LinkedHashMap<>();
            for (int value = 0; value < 256; value++) {
                targets.merge(longestPrefix(bytes, read, (byte) value), ByteSet.of(value), ByteSet::or);
            }
            List<Expression> alternatives = new ArrayList<>();
            targets.forEach((target, set) -> alternatives.add(target == bytes.length
                    ? new Expression.OneByte(set)
                    : Expression.sequence(new Expression.OneByte(set), Expression.reference(" upto-" + target))));
            rules.put(" upto-" + read, Expression.choice(alternatives));
        }
        return Expression.reference(" upto-0");
    }

    /** How much of the marker stands at the end of its first {@code read} bytes and one more. */
    private static int longestPrefix(byte[] marker, int read, byte value) {
        byte[] text = Arrays.copyOf(marker, read + 1);
        text[read] = value;
        for (int length = read + 1; length > 0; length--) {
            if (Arrays.equals(text, read + 1 - length, read + 1, marker, 0, length)) {
                return length;
            }
        }
        return 0;
    }

    /** Whether a text belongs to the grammar. */
    public boolean matches(String text) {
        return automaton.next(automaton.start(), text.getBytes(StandardCharsets.UTF_8)).accepts;
    }

    /** Whether a text is the beginning of one that belongs to the grammar. */
    public boolean begins(String text) {
        return automaton.next(automaton.start(), text.getBytes(StandardCharsets.UTF_8)) != State.DEAD;
    }

    Automaton automaton() {
        return automaton;
    }

    /** Texts that may be tokens without bytes. */
    List<String> markers() {
        return markers;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Grammar grammar && grammar.source.equals(source);
    }

    @Override
    public int hashCode() {
        return source.hashCode();
    }

    @Override
    public String toString() {
        return "Grammar[" + source.lines().findFirst().orElse("") + "]";
    }
}
