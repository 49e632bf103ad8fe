package io.github.jnpu.engine.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Copies what a caller passes into the values that templates compute with, and measures it. */
final class InputValues {
    private static final int MAX_DEPTH = 100;
    private long characters;

    /** The characters and elements of everything converted so far. */
    long characters() {
        return characters;
    }

    Object convert(Object value) {
        return convert(value, 0);
    }

    private Object convert(Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new JinjaException("a value is nested more than " + MAX_DEPTH + " levels deep");
        }
        characters++;
        return switch (value) {
            case null -> null;
            case String text -> {
                characters += text.length();
                yield text;
            }
            case Boolean flag -> flag;
            case Long number -> number;
            case Integer number -> number.longValue();
            case Short number -> number.longValue();
            case Byte number -> number.longValue();
            case Double number -> number;
            // The shortest decimal that reads back, not the float's exact binary value.
            case Float number -> Double.valueOf(number.toString());
            case BigInteger number -> number.bitLength() < 64 ? (Object) number.longValueExact() : number;
            case BigDecimal number -> number.doubleValue();
            case List<?> list -> {
                List<Object> result = new ArrayList<>(list.size());
                for (Object element : list) {
                    result.add(convert(element, depth + 1));
                }
                yield result;
            }
            case Map<?, ?> map -> {
                Map<Object, Object> result = new LinkedHashMap<>();
                map.forEach((key, element) -> {
                    if (!(key instanceof String name)) {
                        throw new JinjaException("a mapping has a key that is no string");
                    }
                    characters += name.length();
                    result.put(name, convert(element, depth + 1));
                });
                yield result;
            }
            default -> throw new JinjaException("cannot pass a " + value.getClass().getName() + " to a template");
        };
    }
}
