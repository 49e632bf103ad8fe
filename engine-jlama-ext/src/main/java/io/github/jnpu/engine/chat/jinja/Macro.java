package io.github.jnpu.engine.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A macro, or the body of a {@code call} block.
 *
 * @param definition
 *            where it stands: its body sees the variables there
 */
record Macro(Statement.Macro source, Scope definition, TemplateRenderer renderer) implements Invocable {

    @Override
    public Object call(CallArguments arguments) {
        Scope scope = new Scope(definition);
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        List<String> names = source.parameters().names();
        List<Expression> defaults = source.parameters().defaults();
        int firstDefault = names.size() - defaults.size();
        for (int i = 0; i < names.size(); i++) {
            String parameter = names.get(i);
            if (i < arguments.positional().size()) {
                if (named.containsKey(parameter)) {
                    throw new JinjaException("macro '" + source.name() + "' got two values for '" + parameter + "'");
                }
                scope.set(parameter, arguments.positional().get(i));
            } else if (named.containsKey(parameter)) {
                scope.set(parameter, named.remove(parameter));
            } else if (i >= firstDefault) {
                scope.set(parameter, renderer.evaluate(defaults.get(i - firstDefault), scope));
            } else {
                scope.set(parameter, new Undefined("parameter '" + parameter + "' was not provided"));
            }
        }
        scope.set("caller", named.containsKey("caller")
                ? named.remove("caller")
                : new Undefined("No caller defined"));
        int given = arguments.positional().size();
        if (given > names.size() && !source.extraPositional()) {
            throw new JinjaException("macro '" + source.name() + "' takes not more than " + names.size()
                    + " arguments");
        }
        if (!named.isEmpty() && !source.extraNamed()) {
            throw new JinjaException("macro '" + source.name() + "' takes no keyword argument '"
                    + named.keySet().iterator().next() + "'");
        }
        scope.set("varargs", new Tuple(arguments.positional().subList(Math.min(names.size(), given), given)));
        scope.set("kwargs", new LinkedHashMap<Object, Object>(named));
        return renderer.capture(source.body(), scope);
    }

    Object attribute(String attribute) {
        return switch (attribute) {
            case "name" -> source.name();
            case "arguments" -> new Tuple(new ArrayList<Object>(source.parameters().names()));
            default -> null;
        };
    }

    // Identity, as in Python.
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
