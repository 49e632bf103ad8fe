package io.github.jnpu.engine.chat.gotemplate;

/** Measures the data of a run. */
final class InputSize {
    private InputSize() {}

    /** Characters and elements. */
    static long of(Object value) {
        return switch (value) {
            case String text -> text.length();
            case GoValue.Slice slice -> slice.elements().stream().mapToLong(InputSize::of).sum() + 1;
            case GoValue.Mapping mapping -> mapping.entries().entrySet().stream().mapToLong(entry -> entry.getKey()
                    .length() + of(entry.getValue())).sum() + 1;
            case GoValue.Struct struct -> struct.fields().stream().mapToLong(field -> of(field.value())).sum() + 1;
            case null, default -> 1;
        };
    }
}
