package io.github.jnpu.engine.chat.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** The one value that a template can change: {@code {% set ns.x = 1 %}}. */
record Namespace(Map<String, Object> attributes) {
    Namespace() {
        this(new LinkedHashMap<>());
    }

    // Identity, as in Python; and a namespace may hold itself.
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public String toString() {
        return "<Namespace>";
    }
}
