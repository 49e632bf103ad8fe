package io.github.jnpu.engine.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Python's operators over the values of a template: None is null, numbers are Long and Double (whole numbers beyond 64
 * bits only pass through), the rest String, Boolean, List, {@link Tuple}, Map, {@link Undefined} and what functions give.
 */
final class PythonOperators {
    private final RenderBudget budget;
    private final PythonText text;

    PythonOperators(RenderBudget budget, PythonText text) {
        this.budget = budget;
        this.text = text;
    }

    static boolean truth(Object value) {
        return switch (value) {
            case null -> false;
            case Boolean flag -> flag;
            case Long number -> number != 0;
            case Double number -> number != 0;
            case String string -> !string.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case DictView view -> !view.elements().isEmpty();
            case Undefined ignored -> false;
            default -> true;
        };
    }

    /** Python's name of the value's type. */
    static String type(Object value) {
        return switch (value) {
            case null -> "NoneType";
            case Boolean ignored -> "bool";
            case Long ignored -> "int";
            case BigInteger ignored -> "int";
            case Double ignored -> "float";
            case BigDecimal ignored -> "float";
            case String ignored -> "str";
            case Tuple ignored -> "tuple";
            case Range ignored -> "range";
            case List<?> ignored -> "list";
            case Map<?, ?> ignored -> "dict";
            case DictView view -> "dict_" + view.kind();
            case Generator ignored -> "generator";
            case Namespace ignored -> "Namespace";
            case Undefined ignored -> "Undefined";
            default -> "function";
        };
    }

    boolean equal(Object a, Object b) {
        if (a == b) {
            return true;
        }
        budget.enter();
        try {
            if (PythonNumbers.isNumber(a) && PythonNumbers.isNumber(b)) {
                return PythonNumbers.compare(a, b) == 0;
            }
            if (a instanceof String left && b instanceof String right) {
                budget.spend(Math.min(left.length(), right.length()));
                return left.equals(right);
            }
            if (a instanceof Undefined && b instanceof Undefined) {
                return true;
            }
            if (a instanceof List<?> left && b instanceof List<?> right) {
                return type(a).equals(type(b)) && left.size() == right.size() && equalElements(left, right);
            }
            if (a instanceof Map<?, ?> left && b instanceof Map<?, ?> right) {
                return left.size() == right.size() && left.entrySet().stream().allMatch(
                        entry -> right.containsKey(entry.getKey()) && equal(entry.getValue(),
                                right.get(entry.getKey())));
            }
            return false;
        } finally {
            budget.leave();
        }
    }

    private boolean equalElements(List<?> left, List<?> right) {
        for (int i = 0; i < left.size(); i++) {
            if (!equal(left.get(i), right.get(i))) {
                return false;
            }
        }
        return true;
    }

    boolean compare(String operator, Object a, Object b) {
        return switch (operator) {
            case "==" -> equal(a, b);
            case "!=" -> !equal(a, b);
            case "in" -> contains(b, a);
            case "not in" -> !contains(b, a);
            case "<" -> order(a, b, operator) < 0;
            case "<=" -> order(a, b, operator) <= 0;
            case ">" -> order(a, b, operator) > 0;
            default -> order(a, b, operator) >= 0;
        };
    }

    int order(Object a, Object b, String operator) {
        if (PythonNumbers.isNumber(a) && PythonNumbers.isNumber(b)) {
            return PythonNumbers.compare(a, b);
        }
        if (a instanceof String left && b instanceof String right) {
            budget.spend(Math.min(left.length(), right.length()));
            return compareCodePoints(left, right);
        }
        if (a instanceof List<?> left && b instanceof List<?> right && type(a).equals(type(b))) {
            budget.enter();
            for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
                if (!equal(left.get(i), right.get(i))) {
                    int result = order(left.get(i), right.get(i), operator);
                    budget.leave();
                    return result;
                }
            }
            budget.leave();
            return Integer.compare(left.size(), right.size());
        }
        throw unsupported(operator, a, b);
    }

    /** UTF-16 puts characters beyond the basic plane before U+E000; Python does not. */
    private static int compareCodePoints(String left, String right) {
        int mismatch = 0;
        int shorter = Math.min(left.length(), right.length());
        while (mismatch < shorter && left.charAt(mismatch) == right.charAt(mismatch)) {
            mismatch++;
        }
        if (mismatch == shorter) {
            return Integer.compare(left.length(), right.length());
        }
        char a = left.charAt(mismatch);
        char b = right.charAt(mismatch);
        if (Character.isSurrogate(a) != Character.isSurrogate(b)) {
            return Character.isSurrogate(a) ? 1 : -1;
        }
        return Character.compare(a, b);
    }

    boolean contains(Object container, Object value) {
        switch (container) {
            case String string -> {
                if (value instanceof Undefined undefined) {
                    throw undefined.error();
                }
                if (!(value instanceof String part)) {
                    throw new JinjaException("'in <string>' requires string as left operand, not " + type(value));
                }
                budget.spendSearch(string, part);
                return string.contains(part);
            }
            case Map<?, ?> map -> {
                spendKey(value);
                return isKey(value) && map.containsKey(key(value));
            }
            case null, default -> {
                Iterator<?> elements = iterate(container);
                while (elements.hasNext()) {
                    if (equal(elements.next(), value)) {
                        return true;
                    }
                }
                return false;
            }
        }
    }

    static boolean isKey(Object value) {
        return value == null || value instanceof String || PythonNumbers.isNumber(value);
    }

    /** A look-up compares a long key with its equal. */
    void spendKey(Object key) {
        if (key instanceof String string) {
            budget.spend(string.length() / 8);
        }
    }

    /** A value as a dict's key: numbers that are equal must be one key; containers are not hashable or not worth it. */
    static Object key(Object value) {
        if (!isKey(value)) {
            throw new JinjaException("unhashable type: '" + type(value) + "'");
        }
        if (value instanceof Double number && number == Math.rint(number) && Math.abs(number) < 1e15) {
            return number.longValue();
        }
        return PythonNumbers.wide(value);
    }

    /** The elements of anything that can be looped over. */
    Iterator<?> iterate(Object value) {
        return switch (value) {
            case Undefined ignored -> List.of().iterator();
            case String string -> characters(string).iterator();
            case Map<?, ?> map -> map.keySet().iterator();
            case Iterable<?> elements -> elements.iterator();
            case DictView view -> view.elements().iterator();
            case null, default -> throw new JinjaException("'" + type(value) + "' object is not iterable");
        };
    }

    List<Object> list(Object value) {
        List<Object> result = new ArrayList<>();
        Iterator<?> elements = iterate(value);
        while (elements.hasNext()) {
            budget.spendElements(1);
            result.add(elements.next());
        }
        return result;
    }

    private List<Object> characters(String string) {
        budget.spendElements(string.length());
        List<Object> result = new ArrayList<>(string.length());
        string.codePoints().forEach(c -> result.add(Character.toString(c)));
        return result;
    }

    long length(Object value) {
        return switch (value) {
            case Undefined ignored -> 0;
            case String string -> {
                budget.spend(string.length());
                yield string.codePointCount(0, string.length());
            }
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case DictView view -> view.elements().size();
            case null, default ->
                throw new JinjaException("object of type '" + type(value) + "' has no len()");
        };
    }

    Object arithmetic(String operator, Object a, Object b) {
        fail(a);
        fail(b);
        if (operator.equals("+")) {
            if (a instanceof String left && b instanceof String right) {
                return concat(left, right);
            }
            if (a instanceof List<?> left && b instanceof List<?> right && type(a).equals(type(b))
                    && !(a instanceof Range)) {
                return concat(left, right);
            }
        }
        if (operator.equals("*")) {
            if (a instanceof String string && PythonNumbers.isInteger(b)) {
                return repeat(string, PythonNumbers.integer(b));
            }
            if (b instanceof String string && PythonNumbers.isInteger(a)) {
                return repeat(string, PythonNumbers.integer(a));
            }
            if (a instanceof List<?> list && PythonNumbers.isInteger(b)) {
                return repeat(list, PythonNumbers.integer(b));
            }
            if (b instanceof List<?> list && PythonNumbers.isInteger(a)) {
                return repeat(list, PythonNumbers.integer(a));
            }
        }
        if (operator.equals("%") && a instanceof String format) {
            return new PythonFormat(budget, text).percent(format, b);
        }
        if (PythonNumbers.isNumber(a) && PythonNumbers.isNumber(b)) {
            return PythonNumbers.arithmetic(operator, a, b);
        }
        throw unsupported(operator, a, b);
    }

    Object sign(String operator, Object value) {
        fail(value);
        if (PythonNumbers.isInteger(value)) {
            return operator.equals("-") ? Math.negateExact(PythonNumbers.integer(value)) : PythonNumbers.integer(value);
        }
        if (value instanceof Double number) {
            return operator.equals("-") ? -number : number;
        }
        throw new JinjaException("bad operand type for unary " + operator + ": '" + type(value) + "'");
    }

    String concat(String left, String right) {
        budget.spend((long) left.length() + right.length());
        return left.concat(right);
    }

    private Object concat(List<?> left, List<?> right) {
        budget.spendElements((long) left.size() + right.size());
        List<Object> result = new ArrayList<>(left.size() + right.size());
        result.addAll(left);
        result.addAll(right);
        return left instanceof Tuple ? new Tuple(result) : result;
    }

    private String repeat(String string, long times) {
        budget.spendProduct(string.length(), times);
        return string.repeat((int) Math.max(0, string.isEmpty() ? 0 : times));
    }

    private Object repeat(List<?> list, long times) {
        budget.spendProduct(list.size(), times);
        budget.spendElements(list.isEmpty() ? 0 : list.size() * Math.max(0, times));
        List<Object> result = new ArrayList<>();
        for (long i = 0; i < times && !list.isEmpty(); i++) {
            result.addAll(list);
        }
        return list instanceof Tuple ? new Tuple(result) : result;
    }

    static void fail(Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
    }

    private static JinjaException unsupported(String operator, Object a, Object b) {
        fail(a);
        fail(b);
        if (operator.startsWith("<") || operator.startsWith(">")) {
            return new JinjaException("'" + operator + "' not supported between instances of '" + type(a) + "' and '"
                    + type(b) + "'");
        }
        return new JinjaException(
                "unsupported operand type(s) for " + operator + ": '" + type(a) + "' and '" + type(b) + "'");
    }
}
