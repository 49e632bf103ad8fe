package io.github.jnpu.server.cli;

import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.StoredModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.PrintStream;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Lists the installed models. */
@Command(name = "list", aliases = "ls", mixinStandardHelpOptions = true, description = {
        "List the models in the store, the newest first.",
        "OLLAMA_MODELS says where the store is (default ~/.ollama/models)."}, footer = {"", "Examples:",
                "  jnpu list", "  jnpu ls llama"})
final class ListCommand implements Callable<Integer> {
    private static final int ID_LENGTH = 12;

    @ParentCommand
    private Jnpu jnpu;

    @Parameters(arity = "0..1", paramLabel = "PREFIX", description = "List only models whose names begin like this.")
    private String prefix = "";

    @Override
    public Integer call() {
        print(jnpu.console().out(), prefix);
        return 0;
    }

    /** Prints the models whose names begin like this. */
    static void print(PrintStream out, String prefix) {
        Table table = new Table("NAME", "ID", "SIZE", "MODIFIED");
        Instant now = Instant.now();
        for (StoredModel model : ModelStore.ofUser().list()) {
            String name = model.name().shortName();
            if (name.toLowerCase(Locale.ROOT).startsWith(prefix.toLowerCase(Locale.ROOT))) {
                table.add(name, model.digest().substring(0, ID_LENGTH), Quantity.bytes(model.size()),
                        Quantity.relative(model.modifiedAt(), now));
            }
        }
        table.print(out);
    }
}
