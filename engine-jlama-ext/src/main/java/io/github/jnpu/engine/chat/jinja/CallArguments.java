package io.github.jnpu.engine.chat.jinja;

import java.util.List;
import java.util.Map;

/**
 * Evaluated arguments.
 *
 * @param function
 *            whose they are, for errors
 */
record CallArguments(String function, List<Object> positional, Map<String, Object> named) {

    int count() {
        return positional.size() + named.size();
    }

    /** The argument at this place or of this name. */
    Object get(int index, String name, Object otherwise) {
        if (index < positional.size()) {
            return positional.get(index);
        }
        return named.containsKey(name) ? named.get(name) : otherwise;
    }

    boolean has(int index, String name) {
        return index < positional.size() || named.containsKey(name);
    }

    Object require(int index, String name) {
        if (!has(index, name)) {
            throw new JinjaException(function + "() lacks its argument '" + name + "'");
        }
        return get(index, name, null);
    }

    String text(int index, String name) {
        return asText(require(index, name), name);
    }

    /** A text or null for none. */
    String textOrNull(int index, String name) {
        Object value = get(index, name, null);
        return value == null ? null : asText(value, name);
    }

    String text(int index, String name, String otherwise) {
        return has(index, name) ? text(index, name) : otherwise;
    }

    private String asText(Object value, String name) {
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        throw new JinjaException(function + "() wants a string as '" + name + "'");
    }

    /** A whole number, kept within 32 bits. */
    int integer(int index, String name, int otherwise) {
        Object value = get(index, name, (long) otherwise);
        return switch (value) {
            case Long number -> Math.clamp(number, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case Boolean flag -> flag ? 1 : 0;
            case Undefined undefined -> throw undefined.error();
            case null, default -> throw new JinjaException(function + "() wants a whole number as '" + name + "'");
        };
    }

    void atMost(int limit) {
        if (count() > limit) {
            throw new JinjaException(function + "() takes at most " + limit + " arguments, got " + count());
        }
    }
}
