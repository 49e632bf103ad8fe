package io.github.jnpu.engine.chat.jinja;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A template in the dialect of Hugging Face's {@code apply_chat_template}: Jinja2 3.1 with {@code trim_blocks},
 * {@code lstrip_blocks}, {@code break} and {@code continue}, {@code generation} blocks, {@code raise_exception},
 * {@code strftime_now}, and a {@code tojson} that escapes nothing for HTML. Sandboxed: a template reaches the values it is
 * given and nothing of Java, and what it may spend is bounded.
 *
 * <p>Immutable and thread-safe; parsed once, rendered often.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/">the language</a>
 */
public final class JinjaTemplate {
    /** Known templates have at most some 30,000 characters. */
    private static final int MAX_SOURCE_LENGTH = 1 << 20;

    private final List<Token> tokens;
    private final List<Statement> statements;
    private final Clock clock;

    private JinjaTemplate(List<Token> tokens, List<Statement> statements, Clock clock) {
        this.tokens = tokens;
        this.statements = statements;
        this.clock = clock;
    }

    /**
     * Parses a template.
     *
     * @param clock
     *            what {@code strftime_now} reads, in the zone it prints
     * @throws JinjaException
     *             if it is no template; the message names the line
     */
    public static JinjaTemplate parse(String source, Clock clock) {
        if (source.length() > MAX_SOURCE_LENGTH) {
            throw new JinjaException("the template has " + source.length() + " characters, more than the "
                    + MAX_SOURCE_LENGTH + " allowed");
        }
        List<Token> tokens = Lexer.tokens(source);
        try {
            return new JinjaTemplate(tokens, StatementParser.parse(tokens), clock);
        } catch (StackOverflowError e) {
            // The nesting is bounded, but a caller's thread may have little stack left.
            throw new JinjaException("the template nests too deeply", e);
        }
    }

    /** Whether a name, a string or the text between the tags contains this; comments do not count. */
    public boolean mentions(String text) {
        return tokens.stream().anyMatch(token -> token.text().contains(text));
    }

    /**
     * The template's text for these variables.
     *
     * @param variables
     *            null, strings, truth values, numbers, lists, and maps with string keys, nested at most 100 deep
     * @throws TemplateRefusal
     *             if the template raises an exception of its own
     * @throws JinjaException
     *             if it fails or spends more than it may; the message names the line
     */
    public String render(Map<String, Object> variables) {
        InputValues input = new InputValues();
        Map<String, Object> globals = new HashMap<>();
        variables.forEach((name, value) -> globals.put(name, input.convert(value)));
        RenderBudget budget = new RenderBudget(input.characters());
        addFunctions(globals, budget);
        TemplateRenderer renderer = new TemplateRenderer(budget);
        try {
            return renderer.render(statements, new Scope(globals));
        } catch (TemplateRefusal e) {
            throw e;
        } catch (RuntimeException e) {
            // Besides ours, what hostile arithmetic provokes in Java: overflows, orders that contradict themselves.
            throw new JinjaException("line " + renderer.line() + ": " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            // The depth is bounded, but a caller's thread may have little stack left.
            throw new JinjaException("line " + renderer.line() + ": the template nests too deeply", e);
        }
    }

    private void addFunctions(Map<String, Object> globals, RenderBudget budget) {
        globals.putIfAbsent("range", (Invocable) arguments -> {
            Range range = range(arguments);
            budget.spendElements(1);
            return range;
        });
        globals.putIfAbsent("dict", (Invocable) arguments -> new LinkedHashMap<Object, Object>(merged(arguments,
                budget)));
        globals.putIfAbsent("namespace", (Invocable) arguments -> {
            Namespace namespace = new Namespace();
            merged(arguments, budget).forEach((name, value) -> namespace.attributes().put(name, value));
            return namespace;
        });
        globals.putIfAbsent("raise_exception", (Invocable) arguments -> {
            Object message = arguments.require(0, "message");
            throw new TemplateRefusal(new PythonText(budget).str(message));
        });
        globals.putIfAbsent("strftime_now", (Invocable) arguments -> {
            String format = arguments.text(0, "format");
            budget.spendProduct(format.length(), 32);
            return StrftimeFormat.format(format, ZonedDateTime.now(clock));
        });
    }

    private static Map<String, Object> merged(CallArguments arguments, RenderBudget budget) {
        Map<String, Object> result = new LinkedHashMap<>();
        if (!arguments.positional().isEmpty()) {
            if (!(arguments.positional().getFirst() instanceof Map<?, ?> map)) {
                throw new JinjaException(arguments.function() + "() wants a mapping or named arguments");
            }
            budget.spendElements(4L * map.size());
            map.forEach((name, value) -> result.put(String.valueOf(name), value));
        }
        result.putAll(arguments.named());
        return result;
    }

    private static Range range(CallArguments arguments) {
        List<Object> bounds = arguments.positional();
        if (bounds.isEmpty() || bounds.size() > 3) {
            throw new JinjaException("range() wants one to three whole numbers");
        }
        long[] numbers = new long[bounds.size()];
        for (int i = 0; i < numbers.length; i++) {
            PythonOperators.fail(bounds.get(i));
            numbers[i] = switch (bounds.get(i)) {
                case Long number -> number;
                case Boolean flag -> flag ? 1 : 0;
                case null, default -> throw new JinjaException("'" + PythonOperators.type(bounds.get(i))
                        + "' object cannot be interpreted as an integer");
            };
        }
        return numbers.length == 1
                ? new Range(0, numbers[0], 1)
                : new Range(numbers[0], numbers[1], numbers.length == 3 ? numbers[2] : 1);
    }
}
