package io.github.jnpu.engine.chat.jinja;

import java.util.AbstractList;
import java.util.List;

/** Python's immutable list; prints with parentheses and never equals a list. */
final class Tuple extends AbstractList<Object> {
    private final Object[] elements;

    Tuple(Object... elements) {
        this.elements = elements;
    }

    Tuple(List<?> elements) {
        this.elements = elements.toArray();
    }

    @Override
    public Object get(int index) {
        return elements[index];
    }

    @Override
    public int size() {
        return elements.length;
    }
}
