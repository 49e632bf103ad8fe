package io.github.jnpu.engine.chat.gotemplate;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A Go value made of others. The simple ones are Java's: {@code String}, {@code Boolean}, {@code Long} for {@code int},
 * {@code Double} for {@code float64}, and {@code null} for {@code nil}. Immutable.
 */
public sealed interface GoValue {

    /** How a value becomes text where a template prints it. */
    enum Text {
        /** As Go's {@code fmt} prints a value of its kind. */
        PLAIN,
        /** As JSON: the types that Ollama gives a {@code String} method. */
        JSON,
        /** A JSON schema's type: one name, or a list of them. */
        SCHEMA_TYPE
    }

    Text text();

    /**
     * A map with string keys. Go prints and walks one in the order of its keys; see {@link #sorted}.
     *
     * @param isNil
     *            whether it is Go's nil map, which JSON writes as {@code null}
     */
    record Mapping(Map<String, Object> entries, boolean isNil, Text text) implements GoValue {
        public Mapping {
            entries = Collections.unmodifiableMap(entries);
        }

        public static Mapping sorted(Map<String, Object> entries, Text text) {
            return new Mapping(new TreeMap<>(entries), false, text);
        }

        public static Mapping nil(Text text) {
            return new Mapping(Map.of(), true, text);
        }
    }

    /**
     * A slice.
     *
     * @param isNil
     *            whether it is Go's nil slice, which JSON writes as {@code null}
     */
    record Slice(List<Object> elements, boolean isNil, Text text) implements GoValue {
        public Slice {
            elements = Collections.unmodifiableList(elements);
        }

        public static Slice of(List<Object> elements) {
            return new Slice(elements, false, Text.PLAIN);
        }

        public static Slice nil(Text text) {
            return new Slice(List.of(), true, text);
        }
    }

    /** A struct: asking for a field that it does not have is an error. */
    record Struct(String type, List<Field> fields, Text text) implements GoValue {
        public Struct {
            fields = List.copyOf(fields);
        }
    }

    /**
     * A field of a struct.
     *
     * @param jsonName
     *            its key in JSON
     * @param omitEmpty
     *            whether JSON leaves it out where it is empty
     */
    record Field(String name, String jsonName, boolean omitEmpty, Object value) {}
}
