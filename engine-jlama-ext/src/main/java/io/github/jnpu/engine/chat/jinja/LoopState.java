package io.github.jnpu.engine.chat.jinja;

import java.util.List;

/** The variable {@code loop}: where a loop stands. */
final class LoopState implements Invocable {
    private final List<Object> items;
    private final int depth;
    private final PythonOperators operators;
    private final Invocable recursion;
    private int index = -1;
    private Object lastChanged;

    /**
     * A loop before its first turn.
     *
     * @param recursion
     *            what a call of the variable does, or null if the loop is not recursive
     */
    LoopState(List<Object> items, int depth, PythonOperators operators, Invocable recursion) {
        this.items = items;
        this.depth = depth;
        this.operators = operators;
        this.recursion = recursion;
    }

    Object advance() {
        return items.get(++index);
    }

    int depth() {
        return depth;
    }

    Object attribute(String name) {
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) items.size() - index;
            case "revindex0" -> (long) items.size() - index - 1;
            case "first" -> index == 0;
            case "last" -> index == items.size() - 1;
            case "length" -> (long) items.size();
            case "depth" -> depth + 1L;
            case "depth0" -> (long) depth;
            case "previtem" -> index > 0 ? items.get(index - 1) : new Undefined("there is no previous item");
            case "nextitem" -> index + 1 < items.size() ? items.get(index + 1) : new Undefined("there is no next item");
            case "cycle" -> (Invocable) this::cycle;
            case "changed" -> (Invocable) this::changed;
            default -> new Undefined("'LoopContext object' has no attribute '" + name + "'");
        };
    }

    private Object cycle(CallArguments arguments) {
        if (arguments.positional().isEmpty()) {
            throw new JinjaException("no items for cycling given");
        }
        return arguments.positional().get(index % arguments.positional().size());
    }

    private Object changed(CallArguments arguments) {
        Tuple values = new Tuple(arguments.positional());
        boolean changed = lastChanged == null || !operators.equal(lastChanged, values);
        lastChanged = values;
        return changed;
    }

    @Override
    public Object call(CallArguments arguments) {
        if (recursion == null) {
            throw new JinjaException("the loop is called but is not marked 'recursive'");
        }
        return recursion.call(arguments);
    }
}
