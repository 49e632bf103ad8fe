package io.github.jnpu.server.cli;

import io.github.jnpu.engine.store.ModelStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.util.concurrent.Callable;

/** Gives a model a second name. */
@Command(name = "cp", mixinStandardHelpOptions = true, description = "Copy a model: a second name for the same files.", footer = {
        "", "Examples:", "  jnpu cp llama3.2 me/llama3.2"})
final class CopyCommand implements Callable<Integer> {
    @ParentCommand
    private Jnpu jnpu;

    @Parameters(index = "0", paramLabel = "SOURCE", description = "A name in the store, or 'demo'.")
    private String source;

    @Parameters(index = "1", paramLabel = "DESTINATION", description = "The new name; a model that has it is replaced.")
    private String destination;

    @Override
    public Integer call() throws IOException {
        ModelStore.ofUser().writer().copy(RegistryAccess.reference(source, false).name(), RegistryAccess.reference(
                destination, false).name());
        jnpu.console().out().println("copied '%s' to '%s'".formatted(source, destination));
        return 0;
    }
}
