package io.github.jnpu.engine.chat.jinja;

import io.github.jnpu.engine.chat.jinja.Statement.Parameters;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Jinja2's tags. Those that load other templates ({@code include}, {@code import}, {@code extends}) are refused: a model
 * file carries one template, and a template must not reach files.
 */
final class StatementParser {
    private static final Set<String> CONSTANTS = Set.of("true", "false", "none", "True", "False", "None");

    private final TokenStream stream;
    private final ExpressionParser expressions;
    private int loops;

    private StatementParser(TokenStream stream) {
        this.stream = stream;
        this.expressions = new ExpressionParser(stream);
    }

    static List<Statement> parse(List<Token> tokens) {
        StatementParser parser = new StatementParser(new TokenStream(tokens));
        return parser.statements();
    }

    /** Statements up to a tag with one of these names, whose name is the current token then; without names, to the end. */
    private List<Statement> statements(String... ends) {
        stream.enter();
        int line = stream.line();
        List<Statement> result = new ArrayList<>();
        while (true) {
            Token token = stream.next();
            switch (token.kind()) {
                case TEXT -> result.add(new Statement.Text(token.text()));
                case OUTPUT_BEGIN -> {
                    result.add(new Statement.Output(expressions.tuple(), token.line()));
                    stream.expect(Token.Kind.OUTPUT_END, "'}}'");
                }
                case BLOCK_BEGIN -> {
                    for (String end : ends) {
                        if (stream.atName(end)) {
                            stream.leave();
                            return result;
                        }
                    }
                    result.add(tag());
                }
                case END -> {
                    if (ends.length > 0) {
                        throw new JinjaException("line " + line + ": the block that begins here lacks its '"
                                + ends[ends.length - 1] + "'");
                    }
                    stream.leave();
                    return result;
                }
                default -> throw new JinjaException("line " + token.line() + ": unexpected " + token.describe());
            }
        }
    }

    private Statement tag() {
        Token tag = stream.expect(Token.Kind.NAME, "a tag's name");
        int line = tag.line();
        return switch (tag.text()) {
            case "if" -> conditional(line);
            case "for" -> loop(line);
            case "set" -> set(line);
            case "macro" -> macro(line);
            case "call" -> call(line);
            case "filter" -> filter(line);
            case "with" -> with(line);
            case "generation" -> {
                endTag();
                yield new Statement.Scoped(body("endgeneration"), line);
            }
            case "block" -> block(line);
            case "break" -> {
                requireLoop("break", line);
                yield new Statement.Break(line);
            }
            case "continue" -> {
                requireLoop("continue", line);
                yield new Statement.Continue(line);
            }
            case "print" -> {
                List<Statement> outputs = new ArrayList<>();
                do {
                    outputs.add(new Statement.Output(expressions.parse(), line));
                } while (stream.skipOperator(","));
                endTag();
                yield new Statement.Scoped(outputs, line);
            }
            default -> throw new JinjaException("line " + line + ": unknown tag '" + tag.text() + "'");
        };
    }

    private void requireLoop(String tag, int line) {
        if (loops == 0) {
            throw new JinjaException("line " + line + ": '" + tag + "' outside a loop");
        }
        endTag();
    }

    private void endTag() {
        stream.expect(Token.Kind.BLOCK_END, "'%}'");
    }

    /** A body with the tag that ends it. */
    private List<Statement> body(String end) {
        List<Statement> result = statements(end);
        stream.next();
        endTag();
        return result;
    }

    private Statement conditional(int line) {
        List<Expression> conditions = new ArrayList<>();
        List<List<Statement>> bodies = new ArrayList<>();
        List<Statement> otherwise = List.of();
        while (true) {
            conditions.add(expressions.loopItems());
            endTag();
            bodies.add(statements("elif", "else", "endif"));
            Token end = stream.next();
            if (end.isName("elif")) {
                continue;
            }
            endTag();
            if (end.isName("else")) {
                otherwise = body("endif");
            }
            return new Statement.If(conditions, bodies, otherwise, line);
        }
    }

    private Statement loop(int line) {
        Expression target = target(false);
        stream.expectName("in");
        Expression items = expressions.loopItems();
        Expression filter = stream.skipName("if") ? expressions.parse() : null;
        boolean recursive = stream.skipName("recursive");
        endTag();
        loops++;
        List<Statement> body = statements("endfor", "else");
        loops--;
        List<Statement> otherwise = List.of();
        Token end = stream.next();
        endTag();
        if (end.isName("else")) {
            otherwise = body("endfor");
        }
        return new Statement.For(target, items, filter, recursive, body, otherwise, line);
    }

    /** Names to assign to: {@code a}, {@code a, b}, {@code (a, b)}; {@code a.b} where a namespace may stand. */
    private Expression target(boolean namespaceAllowed) {
        List<Expression> targets = new ArrayList<>();
        boolean tuple = false;
        do {
            if (!targets.isEmpty()) {
                tuple = true;
                if (!stream.at(Token.Kind.NAME) && !stream.atOperator("(")) {
                    break;
                }
            }
            targets.add(singleTarget(namespaceAllowed));
        } while (stream.skipOperator(","));
        return tuple ? new Expression.TupleLiteral(targets) : targets.getFirst();
    }

    private Expression singleTarget(boolean namespaceAllowed) {
        if (stream.skipOperator("(")) {
            stream.enter();
            Expression inner = target(namespaceAllowed);
            stream.leave();
            stream.expectOperator(")");
            return inner;
        }
        Token name = stream.expect(Token.Kind.NAME, "a name");
        if (CONSTANTS.contains(name.text())) {
            throw stream.error("cannot assign to '" + name.text() + "'");
        }
        Expression result = new Expression.Name(name.text());
        if (namespaceAllowed && stream.skipOperator(".")) {
            return new Expression.Attribute(result, stream.expect(Token.Kind.NAME, "a name").text());
        }
        return result;
    }

    private Statement set(int line) {
        Expression target = target(true);
        if (stream.skipOperator("=")) {
            Expression value = expressions.tuple();
            endTag();
            return new Statement.Set(target, value, line);
        }
        Expression filters = stream.skipOperator("|") ? expressions.filterChain() : null;
        endTag();
        return new Statement.SetBlock(target, filters, body("endset"), line);
    }

    private Statement macro(int line) {
        String name = stream.expect(Token.Kind.NAME, "a macro's name").text();
        Parameters parameters = parameters();
        endTag();
        return macro(name, parameters, "endmacro", line);
    }

    private Statement.Macro macro(String name, Parameters parameters, String end, int line) {
        int outer = loops;
        loops = 0;
        int start = stream.position();
        List<Statement> body = body(end);
        loops = outer;
        return new Statement.Macro(name, parameters, body, stream.mentions("varargs", start),
                stream.mentions("kwargs", start), line);
    }

    private Parameters parameters() {
        List<String> names = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        stream.expectOperator("(");
        while (!stream.skipOperator(")")) {
            if (!names.isEmpty()) {
                stream.expectOperator(",");
            }
            names.add(stream.expect(Token.Kind.NAME, "a parameter's name").text());
            if (stream.skipOperator("=")) {
                defaults.add(expressions.parse());
            } else if (!defaults.isEmpty()) {
                throw stream.error("a parameter without default follows one with default");
            }
        }
        return new Parameters(names, defaults);
    }

    private Statement call(int line) {
        Parameters parameters = stream.atOperator("(") ? parameters() : new Parameters(List.of(), List.of());
        if (!(expressions.parse() instanceof Expression.Call target)) {
            throw new JinjaException("line " + line + ": 'call' needs a call");
        }
        endTag();
        return new Statement.CallBlock(target, macro("caller", parameters, "endcall", line), line);
    }

    private Statement filter(int line) {
        Expression filters = expressions.filterChain();
        endTag();
        return new Statement.FilterBlock(filters, body("endfilter"), line);
    }

    private Statement with(int line) {
        List<Expression> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!stream.at(Token.Kind.BLOCK_END)) {
            if (!targets.isEmpty()) {
                stream.expectOperator(",");
            }
            Token name = stream.expect(Token.Kind.NAME, "a name");
            targets.add(new Expression.Name(name.text()));
            stream.expectOperator("=");
            values.add(expressions.parse());
        }
        endTag();
        return new Statement.With(targets, values, body("endwith"), line);
    }

    private Statement block(int line) {
        stream.expect(Token.Kind.NAME, "a block's name");
        endTag();
        List<Statement> result = statements("endblock");
        stream.next();
        if (stream.at(Token.Kind.NAME)) {
            stream.next();
        }
        endTag();
        return new Statement.Scoped(result, line);
    }
}
