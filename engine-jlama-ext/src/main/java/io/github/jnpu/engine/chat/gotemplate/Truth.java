package io.github.jnpu.engine.chat.gotemplate;

/** What counts as true: everything but the zero value of its type, and empty maps and slices. */
final class Truth {
    private Truth() {}

    static boolean of(Object value) {
        return switch (value) {
            case null -> false;
            case Boolean flag -> flag;
            case String text -> !text.isEmpty();
            case Long number -> number != 0;
            case Double number -> number != 0;
            case GoValue.Mapping mapping -> !mapping.entries().isEmpty();
            case GoValue.Slice slice -> !slice.elements().isEmpty();
            case GoValue.Struct _ -> true;
            default -> throw new GoTemplateException("a value of " + value.getClass() + " has no place in a template");
        };
    }
}
