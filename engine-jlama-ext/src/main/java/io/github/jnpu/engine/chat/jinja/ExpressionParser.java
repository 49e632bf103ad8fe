package io.github.jnpu.engine.chat.jinja;

import io.github.jnpu.engine.chat.jinja.Expression.Arguments;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Jinja2's expression grammar, loosest first: {@code x if c else y}, {@code or}, {@code and}, {@code not}, comparisons,
 * {@code + -}, {@code ~}, {@code * / // %}, {@code **}, signs, then postfixes and filters.
 */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final TokenStream stream;

    ExpressionParser(TokenStream stream) {
        this.stream = stream;
    }

    Expression parse() {
        return parse(true);
    }

    private Expression parse(boolean conditional) {
        stream.enter();
        Expression result = conditional ? conditional() : or();
        stream.leave();
        return result;
    }

    /** An expression, or a tuple of them without parentheses. */
    Expression tuple() {
        return tuple(true, false);
    }

    /** What {@code for} runs over: here {@code if} begins the loop's filter. */
    Expression loopItems() {
        return tuple(false, false);
    }

    private Expression tuple(boolean conditional, boolean inParentheses) {
        List<Expression> elements = new ArrayList<>();
        boolean tuple = false;
        while (!atTupleEnd(conditional)) {
            elements.add(parse(conditional));
            if (!stream.skipOperator(",")) {
                break;
            }
            tuple = true;
        }
        if (tuple || elements.isEmpty() && inParentheses) {
            return new Expression.TupleLiteral(elements);
        }
        if (elements.isEmpty()) {
            throw stream.unexpected("an expression");
        }
        return elements.getFirst();
    }

    private boolean atTupleEnd(boolean conditional) {
        return stream.at(Token.Kind.BLOCK_END) || stream.at(Token.Kind.OUTPUT_END) || stream.atOperator(")")
                || !conditional && stream.atName("recursive");
    }

    private Expression conditional() {
        Expression value = or();
        while (stream.skipName("if")) {
            Expression condition = or();
            Expression otherwise = null;
            if (stream.skipName("else")) {
                otherwise = parse(true);
            }
            value = new Expression.Conditional(condition, value, otherwise);
        }
        return value;
    }

    private Expression or() {
        Expression left = and();
        while (stream.skipName("or")) {
            left = new Expression.Or(left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (stream.skipName("and")) {
            left = new Expression.And(left, not());
        }
        return left;
    }

    private Expression not() {
        if (stream.skipName("not")) {
            stream.enter();
            Expression operand = not();
            stream.leave();
            return new Expression.Not(operand);
        }
        return comparison();
    }

    private Expression comparison() {
        Expression first = sum();
        List<String> operators = new ArrayList<>();
        List<Expression> operands = new ArrayList<>();
        while (true) {
            Token token = stream.current();
            if (token.kind() == Token.Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                stream.next();
                operators.add(token.text());
            } else if (token.isName("in")) {
                stream.next();
                operators.add("in");
            } else if (token.isName("not") && stream.lookAhead().isName("in")) {
                stream.next();
                stream.next();
                operators.add("not in");
            } else {
                break;
            }
            operands.add(sum());
        }
        return operators.isEmpty() ? first : new Expression.Comparison(first, operators, operands);
    }

    private Expression sum() {
        Expression left = concatenation();
        while (stream.atOperator("+") || stream.atOperator("-")) {
            left = new Expression.Arithmetic(stream.next().text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        Expression first = product();
        if (!stream.atOperator("~")) {
            return first;
        }
        List<Expression> operands = new ArrayList<>(List.of(first));
        while (stream.skipOperator("~")) {
            operands.add(product());
        }
        return new Expression.Concatenation(operands);
    }

    private Expression product() {
        Expression left = power();
        while (stream.atOperator("*") || stream.atOperator("/") || stream.atOperator("//") || stream.atOperator("%")) {
            left = new Expression.Arithmetic(stream.next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        while (stream.atOperator("**")) {
            left = new Expression.Arithmetic(stream.next().text(), left, unary(true));
        }
        return left;
    }

    private Expression unary(boolean filtered) {
        if (stream.atOperator("-") || stream.atOperator("+")) {
            String sign = stream.next().text();
            stream.enter();
            Expression operand = unary(false);
            stream.leave();
            Expression signed = new Expression.Arithmetic(sign, null, operand);
            return filtered ? filters(signed) : signed;
        }
        Expression operand = postfixes(primary());
        return filtered ? filters(operand) : operand;
    }

    private Expression primary() {
        Token token = stream.next();
        return switch (token.kind()) {
            case NAME -> switch (token.text()) {
                case "true", "True" -> new Expression.Literal(true);
                case "false", "False" -> new Expression.Literal(false);
                case "none", "None" -> new Expression.Literal(null);
                default -> new Expression.Name(token.text());
            };
            case STRING -> {
                StringBuilder text = new StringBuilder(token.text());
                while (stream.at(Token.Kind.STRING)) {
                    text.append(stream.next().text());
                }
                yield new Expression.Literal(text.toString());
            }
            case NUMBER -> new Expression.Literal(token.value());
            case OPERATOR -> switch (token.text()) {
                case "(" -> {
                    Expression inner = tuple(true, true);
                    stream.expectOperator(")");
                    yield inner;
                }
                case "[" -> list();
                case "{" -> dict();
                default -> throw new JinjaException("line " + token.line() + ": unexpected " + token.describe());
            };
            default -> throw new JinjaException("line " + token.line() + ": expected an expression, found "
                    + token.describe());
        };
    }

    private Expression list() {
        List<Expression> elements = new ArrayList<>();
        while (!stream.skipOperator("]")) {
            if (!elements.isEmpty()) {
                stream.expectOperator(",");
                if (stream.skipOperator("]")) {
                    break;
                }
            }
            elements.add(parse());
        }
        return new Expression.ListLiteral(elements);
    }

    private Expression dict() {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!stream.skipOperator("}")) {
            if (!keys.isEmpty()) {
                stream.expectOperator(",");
                if (stream.skipOperator("}")) {
                    break;
                }
            }
            keys.add(parse());
            stream.expectOperator(":");
            values.add(parse());
        }
        return new Expression.DictLiteral(keys, values);
    }

    private Expression postfixes(Expression first) {
        Expression result = first;
        while (true) {
            if (stream.skipOperator(".")) {
                Token token = stream.next();
                result = switch (token.kind()) {
                    case NAME -> new Expression.Attribute(result, token.text());
                    case NUMBER -> new Expression.Item(result, new Expression.Literal(token.value()));
                    default -> throw new JinjaException("line " + token.line() + ": expected a name after '.'");
                };
            } else if (stream.skipOperator("[")) {
                result = subscript(result);
            } else if (stream.atOperator("(")) {
                result = new Expression.Call(result, arguments());
            } else {
                return result;
            }
        }
    }

    private Expression subscript(Expression target) {
        Expression start = stream.atOperator(":") ? null : parse();
        Expression result;
        if (stream.skipOperator(":")) {
            Expression stop = stream.atOperator(":") || stream.atOperator("]") ? null : parse();
            Expression step = null;
            if (stream.skipOperator(":") && !stream.atOperator("]")) {
                step = parse();
            }
            result = new Expression.Slice(target, start, stop, step);
        } else if (stream.atOperator(",")) {
            List<Expression> keys = new ArrayList<>(List.of(start));
            while (stream.skipOperator(",")) {
                keys.add(parse());
            }
            result = new Expression.Item(target, new Expression.TupleLiteral(keys));
        } else {
            result = new Expression.Item(target, start);
        }
        stream.expectOperator("]");
        return result;
    }

    private Expression filters(Expression first) {
        Expression result = first;
        while (true) {
            if (stream.skipOperator("|")) {
                result = filter(result);
            } else if (stream.skipName("is")) {
                result = test(result);
            } else if (stream.atOperator("(")) {
                result = new Expression.Call(result, arguments());
            } else {
                return result;
            }
        }
    }

    /** The filters of a block, {@code name(...) | name}, around a target that the block supplies. */
    Expression filterChain() {
        Expression result = filter(null);
        while (stream.skipOperator("|")) {
            result = filter(result);
        }
        return result;
    }

    private Expression filter(Expression target) {
        String name = dottedName();
        Arguments arguments = stream.atOperator("(") ? arguments() : Arguments.NONE;
        return new Expression.Filter(target, name, arguments);
    }

    private String dottedName() {
        StringBuilder name = new StringBuilder(stream.expect(Token.Kind.NAME, "a name").text());
        while (stream.skipOperator(".")) {
            name.append('.').append(stream.expect(Token.Kind.NAME, "a name").text());
        }
        return name.toString();
    }

    private Expression test(Expression target) {
        boolean negated = stream.skipName("not");
        String name = dottedName();
        Arguments arguments = Arguments.NONE;
        Token token = stream.current();
        if (token.isOperator("(")) {
            arguments = arguments();
        } else if (startsArgument(token)) {
            arguments = new Arguments(List.of(postfixes(primary())), Map.of(), null, null);
        }
        Expression test = new Expression.Test(target, name, arguments);
        return negated ? new Expression.Not(test) : test;
    }

    private boolean startsArgument(Token token) {
        return switch (token.kind()) {
            case STRING, NUMBER -> true;
            case NAME -> {
                if (token.text().equals("is")) {
                    throw stream.error("tests cannot be chained with 'is'");
                }
                // Jinja2 reads "x is y if c" as the test y with the argument "if"; no template means that.
                yield !Set.of("else", "or", "and", "if", "in", "not").contains(token.text());
            }
            case OPERATOR -> token.text().equals("[") || token.text().equals("{");
            default -> false;
        };
    }

    private Arguments arguments() {
        stream.expectOperator("(");
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        Expression spread = null;
        Expression namedSpread = null;
        boolean first = true;
        while (!stream.skipOperator(")")) {
            if (!first) {
                stream.expectOperator(",");
                if (stream.skipOperator(")")) {
                    break;
                }
            }
            first = false;
            if (stream.skipOperator("*")) {
                spread = parse();
            } else if (stream.skipOperator("**")) {
                namedSpread = parse();
            } else if (stream.at(Token.Kind.NAME) && stream.lookAhead().isOperator("=")) {
                String name = stream.next().text();
                stream.next();
                named.put(name, parse());
            } else if (named.isEmpty() && spread == null && namedSpread == null) {
                positional.add(parse());
            } else {
                throw stream.error("a positional argument follows a named one");
            }
        }
        return new Arguments(positional, named, spread, namedSpread);
    }
}
