package io.github.jnpu.server.cli;

import io.github.jnpu.engine.registry.ModelRegistry;
import io.github.jnpu.engine.store.ModelStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.util.concurrent.Callable;

/** Downloads a model. */
@Command(name = "pull", mixinStandardHelpOptions = true, description = {"Download a model into the store.",
        "What a broken-off download left is used. No server is needed; a running one shows the model at once.",
        "HTTPS_PROXY and NO_PROXY are respected."}, footer = {"", "Examples:", "  jnpu pull llama3.2",
                "  jnpu pull hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M",
                "  jnpu pull --insecure localhost:5000/me/model"})
final class PullCommand implements Callable<Integer> {
    @ParentCommand
    private Jnpu jnpu;

    @Parameters(paramLabel = "MODEL", description = "[HOST/][NAMESPACE/]MODEL[:TAG]; Ollama's registry where no host is given.")
    private String model;

    @Option(names = "--insecure", description = "Ask the registry over plain HTTP.")
    private boolean insecure;

    @Override
    public Integer call() throws IOException {
        pull(jnpu.console(), model, insecure);
        return 0;
    }

    /** Downloads a model, with progress on standard error. */
    static void pull(Console console, String model, boolean insecure) throws IOException {
        try (ModelRegistry registry = RegistryAccess.open();
                TransferDisplay display = new TransferDisplay(console)) {
            registry.pull(RegistryAccess.reference(model, insecure), ModelStore.ofUser(), display);
        }
    }
}
