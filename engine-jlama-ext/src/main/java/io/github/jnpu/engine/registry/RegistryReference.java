package io.github.jnpu.engine.registry;

import io.github.jnpu.engine.store.ModelName;

import java.net.URI;
import java.util.Optional;

/**
 * A model at a registry: its name, and how to get there.
 *
 * @param insecure
 *            whether the registry is asked over plain HTTP
 */
public record RegistryReference(ModelName name, boolean insecure) {

    /**
     * Reads a name as users write it, with or without a scheme; empty if it is none.
     *
     * @param insecure
     *            whether plain HTTP is allowed, and then used
     * @throws RegistryException
     *             if the name asks for plain HTTP and it is not allowed
     */
    public static Optional<RegistryReference> parse(String text, boolean insecure) {
        Optional<ModelName> name = ModelName.parse(text);
        if (name.isPresent() && !insecure && text.regionMatches(true, 0, "http://", 0, 7)) {
            throw new RegistryException("insecure protocol http");
        }
        return name.map(value -> new RegistryReference(value, insecure));
    }

    private URI uri(String rest) {
        return URI.create("%s://%s/v2/%s/%s/%s".formatted(insecure ? "http" : "https", name.host(), name.namespace(),
                name.model(), rest));
    }

    URI manifest() {
        return uri("manifests/" + name.tag());
    }

    URI blob(String digest) {
        return uri("blobs/" + digest);
    }

    URI uploads(String query) {
        return uri("blobs/uploads/" + query);
    }
}
