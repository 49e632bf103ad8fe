package io.github.jnpu.engine.registry;

import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.TransferListener;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Pulls a model in a process of its own. */
public final class PullProcess {
    /** Little patience and small parts. */
    static final TransferSettings SETTINGS = new TransferSettings(Duration.ofMillis(700), Duration.ofMillis(10), 4, 4,
            200_000, 1_000_000);

    private PullProcess() {}

    /** Starts one. */
    static Process start(String name, Path store) throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", System
                .getProperty("java.class.path"), PullProcess.class.getName(), name, store.toString())
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }

    public static void main(String[] arguments) throws IOException {
        Path root = Path.of(arguments[1]);
        try (ModelRegistry registry = new ModelRegistry("test/1", SETTINGS, Map.of(), root.resolve("key"))) {
            registry.pull(RegistryReference.parse(arguments[0], true).orElseThrow(), new ModelStore(root, false),
                    TransferListener.NONE);
        }
    }
}
