package io.github.jnpu.engine.chat.jinja;

import java.util.Iterator;
import java.util.List;

/** What Python's lazy filters give: true even when empty, without length, and gone after one pass. */
final class Generator implements Iterable<Object> {
    private final Iterator<Object> elements;

    Generator(List<Object> elements) {
        this.elements = elements.iterator();
    }

    @Override
    public Iterator<Object> iterator() {
        return elements;
    }
}
