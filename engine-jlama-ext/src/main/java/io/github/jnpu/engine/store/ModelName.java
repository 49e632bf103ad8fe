package io.github.jnpu.engine.store;

import java.util.Locale;
import java.util.Optional;

/**
 * A model's name in the registry's notation, {@code [host/][namespace/]model[:tag]}, with the defaults filled in.
 *
 * <p>Every part is safe as a file name: it starts with a letter, digit or underscore and has no separator in it. Case is
 * kept, and {@link #equalsIgnoringCase} compares without it, as lookups do.
 */
public record ModelName(String host, String namespace, String model, String tag) {
    public static final String DEFAULT_HOST = "registry.ollama.ai";
    public static final String DEFAULT_NAMESPACE = "library";
    public static final String DEFAULT_TAG = "latest";

    private static final int MAX_HOST = 350;
    private static final int MAX_PART = 80;

    private enum Part {
        HOST,
        NAMESPACE,
        MODEL,
        TAG
    }

    public ModelName {
        require(host, Part.HOST);
        require(namespace, Part.NAMESPACE);
        require(model, Part.MODEL);
        require(tag, Part.TAG);
    }

    private static void require(String text, Part part) {
        if (!isValid(text, part)) {
            throw new IllegalArgumentException(
                    "invalid %s in a model name".formatted(part.name().toLowerCase(Locale.ROOT)));
        }
    }

    /** Reads a name as users write it, for example {@code llama3.2}, {@code me/tiny:v1}; empty if it is none. */
    public static Optional<ModelName> parse(String text) {
        String rest = text;
        int scheme = rest.indexOf("://");
        if (scheme >= 0) {
            rest = rest.substring(scheme + 3);
        }
        String tag = DEFAULT_TAG;
        int colon = rest.lastIndexOf(':');
        if (colon > rest.lastIndexOf('/')) {
            tag = rest.substring(colon + 1);
            rest = rest.substring(0, colon);
        }
        // Split from the right: what is left of the namespace is the host, whatever it contains.
        String model = rest;
        String namespace = DEFAULT_NAMESPACE;
        String host = DEFAULT_HOST;
        int slash = rest.lastIndexOf('/');
        if (slash >= 0) {
            model = rest.substring(slash + 1);
            namespace = rest.substring(0, slash);
            slash = namespace.lastIndexOf('/');
            if (slash >= 0) {
                host = namespace.substring(0, slash);
                namespace = namespace.substring(slash + 1);
            }
        }
        return of(host, namespace, model, tag);
    }

    /** The name of four given parts; empty if one of them breaks the rules. */
    static Optional<ModelName> of(String host, String namespace, String model, String tag) {
        boolean valid = isValid(host, Part.HOST) && isValid(namespace, Part.NAMESPACE) && isValid(model, Part.MODEL)
                && isValid(tag, Part.TAG);
        return valid ? Optional.of(new ModelName(host, namespace, model, tag)) : Optional.empty();
    }

    private static boolean isValid(String text, Part part) {
        if (text.isEmpty() || text.length() > (part == Part.HOST ? MAX_HOST : MAX_PART)) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean word = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
            boolean inner = c == '-' || c == '.' && part != Part.NAMESPACE || c == ':' && part == Part.HOST;
            if (!word && (i == 0 || !inner)) {
                return false;
            }
        }
        return true;
    }

    /** The name as people see it: without the default host and namespace, always with the tag. */
    public String shortName() {
        if (!host.equalsIgnoreCase(DEFAULT_HOST)) {
            return fullName();
        }
        String path = namespace.equalsIgnoreCase(DEFAULT_NAMESPACE) ? model : namespace + "/" + model;
        return path + ":" + tag;
    }

    /** All four parts. */
    public String fullName() {
        return host + "/" + namespace + "/" + model + ":" + tag;
    }

    public boolean equalsIgnoringCase(ModelName other) {
        return fullName().equalsIgnoreCase(other.fullName());
    }

    @Override
    public String toString() {
        return shortName();
    }
}
