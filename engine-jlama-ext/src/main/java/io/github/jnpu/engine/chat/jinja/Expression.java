package io.github.jnpu.engine.chat.jinja;

import java.util.List;
import java.util.Map;

/** A part of a template that has a value. */
sealed interface Expression {

    record Literal(Object value) implements Expression {}

    record Name(String name) implements Expression {}

    record ListLiteral(List<Expression> elements) implements Expression {}

    record TupleLiteral(List<Expression> elements) implements Expression {}

    record DictLiteral(List<Expression> keys, List<Expression> values) implements Expression {}

    /** {@code target.name}: Python's attribute first, then the item. */
    record Attribute(Expression target, String name) implements Expression {}

    /** {@code target[key]}: the item first, then the attribute. */
    record Item(Expression target, Expression key) implements Expression {}

    /** {@code target[start:stop:step]}; each bound may be null. */
    record Slice(Expression target, Expression start, Expression stop, Expression step) implements Expression {}

    record Call(Expression target, Arguments arguments) implements Expression {}

    record Filter(Expression target, String name, Arguments arguments) implements Expression {}

    record Test(Expression target, String name, Arguments arguments) implements Expression {}

    /** {@code value if condition else otherwise}; without {@code else} the last is null. */
    record Conditional(Expression condition, Expression value, Expression otherwise) implements Expression {}

    record And(Expression left, Expression right) implements Expression {}

    record Or(Expression left, Expression right) implements Expression {}

    record Not(Expression operand) implements Expression {}

    /** {@code + - * / // % **}; a sign has a null left side. */
    record Arithmetic(String operator, Expression left, Expression right) implements Expression {}

    /** {@code a ~ b ~ c} */
    record Concatenation(List<Expression> operands) implements Expression {}

    /** {@code a < b <= c}; operators besides Python's: {@code in}, {@code not in}. */
    record Comparison(Expression first, List<String> operators, List<Expression> operands) implements Expression {}

    /** What a call is given; the spreads {@code *list} and {@code **dict} may be null. */
    record Arguments(List<Expression> positional, Map<String, Expression> named, Expression spread,
            Expression namedSpread) {
        static final Arguments NONE = new Arguments(List.of(), Map.of(), null, null);
    }
}
