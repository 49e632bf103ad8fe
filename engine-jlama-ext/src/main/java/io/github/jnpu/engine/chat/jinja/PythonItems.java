package io.github.jnpu.engine.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Python's subscripts: {@code value[key]} and {@code value[start:stop:step]}, counted in code points for strings. */
final class PythonItems {
    private final RenderBudget budget;

    PythonItems(RenderBudget budget) {
        this.budget = budget;
    }

    /** The item, or an {@link Undefined} that says what is missing. */
    Object item(Object target, Object key) {
        switch (target) {
            case Undefined undefined -> throw undefined.error();
            case Map<?, ?> map -> {
                if (key instanceof String string) {
                    budget.spend(string.length() / 8);
                }
                if (PythonOperators.isKey(key) && map.containsKey(PythonOperators.key(key))) {
                    return map.get(PythonOperators.key(key));
                }
            }
            case List<?> list when index(key) != null -> {
                long index = index(key) < 0 ? index(key) + list.size() : index(key);
                if (index >= 0 && index < list.size()) {
                    return list.get((int) index);
                }
            }
            case String string when index(key) != null -> {
                budget.spend(string.length());
                int length = string.codePointCount(0, string.length());
                long index = index(key) < 0 ? index(key) + length : index(key);
                if (index >= 0 && index < length) {
                    return Character.toString(string.codePointAt(string.offsetByCodePoints(0, (int) index)));
                }
            }
            case null, default -> {
            }
        }
        return missing(target, key);
    }

    static Undefined missing(Object target, Object key) {
        String name = key instanceof String string
                ? string.length() > 100 ? string.substring(0, 100) : string
                : String.valueOf(key instanceof Long ? key : PythonOperators.type(key));
        if (target == null) {
            return new Undefined("'None' has no attribute '" + name + "'");
        }
        String type = PythonOperators.type(target);
        return new Undefined(key instanceof String
                ? "'" + type + " object' has no attribute '" + name + "'"
                : type + " object has no element " + name);
    }

    private static Long index(Object key) {
        return switch (key) {
            case Long number -> number;
            case Boolean flag -> flag ? 1L : 0L;
            case null, default -> null;
        };
    }

    Object slice(Object target, Object start, Object stop, Object step) {
        long stride = step == null ? 1 : bound(step);
        if (stride == 0) {
            throw new JinjaException("slice step cannot be zero");
        }
        return switch (target) {
            case String string -> {
                budget.spend(string.length());
                if (stride == 1 && string.length() == string.codePointCount(0, string.length())) {
                    long from = clamp(start, 0, string.length(), 1);
                    long to = clamp(stop, string.length(), string.length(), 1);
                    yield from < to ? string.substring((int) from, (int) to) : "";
                }
                int[] codePoints = string.codePoints().toArray();
                StringBuilder out = new StringBuilder();
                for (long i : indexes(codePoints.length, start, stop, stride)) {
                    out.appendCodePoint(codePoints[(int) i]);
                }
                yield out.toString();
            }
            case List<?> list -> {
                List<Object> result = new ArrayList<>();
                for (long i : indexes(list.size(), start, stop, stride)) {
                    result.add(list.get((int) i));
                }
                yield list instanceof Tuple ? new Tuple(result) : result;
            }
            case Undefined undefined -> throw undefined.error();
            // Jinja2 turns the TypeError into something undefined.
            case null, default -> missing(target, null);
        };
    }

    private long[] indexes(int length, Object start, Object stop, long stride) {
        long from = clamp(start, stride > 0 ? 0 : length - 1L, length, stride);
        long to = clamp(stop, stride > 0 ? length : -1, length, stride);
        long count = stride > 0 ? (to - from + stride - 1) / stride : (from - to - stride - 1) / -stride;
        // A stride near the 64-bit limits overflows the sum above; then there is at most the first element.
        if (Math.abs(stride) > length || stride == Long.MIN_VALUE) {
            count = (stride > 0 ? from < to : from > to) ? 1 : 0;
        }
        budget.spendElements(Math.max(0, count));
        long[] result = new long[(int) Math.max(0, count)];
        for (int i = 0; i < result.length; i++) {
            result[i] = from + i * stride;
        }
        return result;
    }

    private static long clamp(Object bound, long otherwise, int length, long stride) {
        if (bound == null) {
            return otherwise;
        }
        long value = bound(bound);
        if (value < 0) {
            value = Math.max(value + length, stride > 0 ? 0 : -1);
        }
        return Math.min(value, stride > 0 ? length : length - 1L);
    }

    private static long bound(Object value) {
        PythonOperators.fail(value);
        Long index = index(value);
        if (index == null) {
            throw new JinjaException("slice indices must be integers or None");
        }
        return index;
    }
}
