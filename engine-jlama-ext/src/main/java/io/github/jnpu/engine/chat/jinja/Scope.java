package io.github.jnpu.engine.chat.jinja;

import java.util.HashMap;
import java.util.Map;

/** Variables of a block and, behind them, those of the blocks around it. */
final class Scope {
    private final Scope parent;
    private final Map<String, Object> variables;

    Scope(Map<String, Object> variables) {
        this.parent = null;
        this.variables = new HashMap<>(variables);
    }

    Scope(Scope parent) {
        this.parent = parent;
        this.variables = new HashMap<>();
    }

    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            Object value = scope.variables.get(name);
            if (value != null || scope.variables.containsKey(name)) {
                return value;
            }
        }
        return new Undefined("'" + name + "' is undefined");
    }

    void set(String name, Object value) {
        variables.put(name, value);
    }
}
