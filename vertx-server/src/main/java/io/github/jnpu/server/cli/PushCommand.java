package io.github.jnpu.server.cli;

import io.github.jnpu.engine.registry.ModelRegistry;
import io.github.jnpu.engine.registry.RegistryReference;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.util.concurrent.Callable;

/** Uploads a model. */
@Command(name = "push", mixinStandardHelpOptions = true, description = {"Upload a model to a registry.",
        "The registry knows you by the key ~/.ollama/id_ed25519, which is made when there is none; Ollama uses the same."}, footer = {
                "", "Examples:", "  jnpu cp tiny me/tiny && jnpu push me/tiny",
                "  jnpu push --insecure localhost:5000/me/model"})
final class PushCommand implements Callable<Integer> {
    @ParentCommand
    private Jnpu jnpu;

    @Parameters(paramLabel = "MODEL", description = "A name in the store; its host and namespace say where it goes.")
    private String model;

    @Option(names = "--insecure", description = "Speak to the registry over plain HTTP.")
    private boolean insecure;

    @Override
    public Integer call() throws IOException {
        RegistryReference reference = RegistryAccess.reference(model, insecure);
        try (ModelRegistry registry = RegistryAccess.open();
                TransferDisplay display = new TransferDisplay(jnpu.console())) {
            registry.push(reference, ModelStore.ofUser(), display);
        }
        ModelName name = reference.name();
        if (name.host().equalsIgnoreCase(ModelName.DEFAULT_HOST)) {
            jnpu.console().out().println("You can find your model at: https://ollama.com/%s/%s".formatted(name
                    .namespace(), name.model()));
        }
        return 0;
    }
}
