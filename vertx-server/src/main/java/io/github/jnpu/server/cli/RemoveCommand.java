package io.github.jnpu.server.cli;

import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.StoreWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;

/** Deletes models. */
@Command(name = "rm", mixinStandardHelpOptions = true, description = {
        "Delete models, and their files unless other models share them.",
        "A server that holds one in memory keeps it until its time is over."}, footer = {"", "Examples:",
                "  jnpu rm llama3.2 me/llama3.2"})
final class RemoveCommand implements Callable<Integer> {
    @ParentCommand
    private Jnpu jnpu;

    @Parameters(arity = "1..*", paramLabel = "MODEL", description = "Names in the store.")
    private List<String> models;

    @Override
    public Integer call() throws IOException {
        StoreWriter writer = ModelStore.ofUser().writer();
        for (String model : models) {
            writer.delete(RegistryAccess.reference(model, false).name());
            jnpu.console().out().println("deleted '%s'".formatted(model));
        }
        return 0;
    }
}
