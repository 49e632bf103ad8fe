package io.github.jnpu.engine.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/** Jinja2's tests: what may stand after {@code is}. */
final class ValueTests {
    private final RenderBudget budget;
    private final PythonOperators operators;

    ValueTests(RenderBudget budget, PythonOperators operators) {
        this.budget = budget;
        this.operators = operators;
    }

    boolean test(String name, Object value, CallArguments arguments) {
        return switch (name) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value == null;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "integer" -> value instanceof Long || value instanceof BigInteger;
            case "float" -> value instanceof Double || value instanceof BigDecimal;
            case "number" -> PythonNumbers.isNumber(value);
            case "string" -> value instanceof String;
            case "mapping" -> value instanceof Map;
            case "iterable" -> value instanceof String || value instanceof Map || value instanceof Iterable
                    || value instanceof DictView || value instanceof Undefined;
            case "sequence" -> value instanceof String || value instanceof Map || value instanceof List
                    || value instanceof Undefined;
            // An undefined value has __call__, which only fails when it is called.
            case "callable" -> value instanceof Invocable || value instanceof Undefined;
            case "upper" -> value instanceof String text && cased(text, Character::isUpperCase,
                    Character::isLowerCase);
            case "lower" -> value instanceof String text && cased(text, Character::isLowerCase,
                    Character::isUpperCase);
            case "escaped" -> false;
            case "odd" -> remainder(value, 2) == 1;
            case "even" -> remainder(value, 2) == 0;
            case "divisibleby" -> {
                if (!(arguments.require(0, "num") instanceof Long divisor) || divisor == 0) {
                    throw new JinjaException("divisibleby wants a whole number other than 0");
                }
                yield remainder(value, divisor) == 0;
            }
            case "eq", "equalto", "==" -> operators.equal(value, arguments.require(0, "other"));
            case "ne", "!=" -> !operators.equal(value, arguments.require(0, "other"));
            case "lt", "lessthan", "<" -> operators.compare("<", value, arguments.require(0, "other"));
            case "le", "<=" -> operators.compare("<=", value, arguments.require(0, "other"));
            case "gt", "greaterthan", ">" -> operators.compare(">", value, arguments.require(0, "other"));
            case "ge", ">=" -> operators.compare(">=", value, arguments.require(0, "other"));
            case "in" -> operators.contains(arguments.require(0, "seq"), value);
            case "sameas" -> {
                Object other = arguments.require(0, "other");
                yield value == other || value instanceof Boolean && value.equals(other);
            }
            default -> throw new JinjaException("No test named '" + name + "'.");
        };
    }

    private boolean cased(String text, IntPredicate wanted, IntPredicate unwanted) {
        budget.spend(text.length());
        return StringMethods.cased(text, wanted, unwanted);
    }

    private static long remainder(Object value, long divisor) {
        return switch (value) {
            case Long number -> Math.floorMod(number, divisor);
            case Boolean flag -> Math.floorMod(flag ? 1L : 0L, divisor);
            case Undefined undefined -> throw undefined.error();
            case null, default ->
                throw new JinjaException("a whole number is wanted, not " + PythonOperators.type(value));
        };
    }
}
