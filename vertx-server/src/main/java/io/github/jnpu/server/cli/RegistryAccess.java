package io.github.jnpu.server.cli;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.registry.ModelRegistry;
import io.github.jnpu.engine.registry.RegistryReference;
import io.github.jnpu.server.JnpuVersion;

/** Registries as the command line reaches them. */
final class RegistryAccess {
    private RegistryAccess() {}

    static ModelRegistry open() {
        return new ModelRegistry("jnpu/" + JnpuVersion.semantic());
    }

    static RegistryReference reference(String name, boolean insecure) {
        return RegistryReference.parse(name, insecure)
                .orElseThrow(() -> new EngineException("invalid model name '%s'".formatted(name)));
    }
}
