package io.github.jnpu.server.cli;

import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.store.ModelLocator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.concurrent.Callable;

/** Prints what a model is. */
@Command(name = "show", mixinStandardHelpOptions = true, description = "Show what a model is.", footer = {"",
        "Examples:",
        "  jnpu show demo",
        "  jnpu show -v ./model.gguf       all metadata and tensors too",
        "  jnpu show --template demo"})
final class ShowCommand implements Callable<Integer> {
    /** Longer texts, such as templates and licences, have an option of their own or do not help here. */
    private static final int MAX_VALUE_LENGTH = 80;

    @ParentCommand
    private Jnpu jnpu;

    @Parameters(paramLabel = "MODEL", description = "A name in the store, 'demo', or a path to a GGUF file.")
    private String model;

    @Option(names = "--template", description = "Print the chat template only.")
    private boolean template;

    @Option(names = {"-v", "--verbose"}, description = "Print all metadata and tensors too.")
    private boolean verbose;

    @Override
    public Integer call() {
        PrintStream out = jnpu.console().out();
        try (ModelSource source = ModelLocator.open(model)) {
            if (template) {
                out.println(ChatTemplate.of(source).map(ChatTemplate::source).orElseThrow(
                        () -> new EngineException("model '%s' has no chat template".formatted(model))));
                return 0;
            }
            ModelSummary.of(source).print(out);
            if (verbose) {
                out.println("  Metadata");
                source.metadata().values().forEach((key, value) -> out.println("    %s = %s".formatted(key,
                        describe(value))));
                out.println();
                out.println("  Tensors");
                source.tensors().forEach(tensor -> out.println("    %-40s %-8s %s".formatted(tensor.name(),
                        tensor.type(), Arrays.toString(tensor.shape()))));
                out.println();
            }
        }
        return 0;
    }

    private static String describe(Object value) {
        if (value instanceof MetadataArray array) {
            return "(%d values)".formatted(array.size());
        }
        // What a file says goes to a terminal: no control characters.
        String text = value.toString().replaceAll("\\p{Cntrl}+", " ");
        return text.length() <= MAX_VALUE_LENGTH ? text : text.substring(0, MAX_VALUE_LENGTH) + "...";
    }
}
