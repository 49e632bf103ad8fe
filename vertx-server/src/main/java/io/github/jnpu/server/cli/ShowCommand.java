package io.github.jnpu.server.cli;

import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.store.ModelLocator;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.server.create.StoredModelfile;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** Prints what a model is. */
@Command(name = "show", mixinStandardHelpOptions = true, description = "Show what a model is.", footer = {"",
        "Examples:",
        "  jnpu show demo",
        "  jnpu show -v ./model.gguf       all metadata and tensors too",
        "  jnpu show --template demo"})
final class ShowCommand implements Callable<Integer> {
    /** Longer texts, such as templates and licences, have an option of their own or do not help here. */
    private static final int MAX_VALUE_LENGTH = 80;
    /** The whole text is for --license. */
    private static final int LICENSE_LINES = 2;

    @ParentCommand
    private Jnpu jnpu;

    @Parameters(paramLabel = "MODEL", description = "A name in the store, 'demo', or a path to a GGUF file.")
    private String model;

    /** Print one part alone. */
    static final class Part {
        @Option(names = "--template", description = "Print the chat template only.")
        private boolean template;

        @Option(names = "--system", description = "Print the system message only.")
        private boolean system;

        @Option(names = "--parameters", description = "Print the parameters that the model sets, only.")
        private boolean parameters;

        @Option(names = "--modelfile", description = "Print the Modelfile that would make the model again.")
        private boolean modelfile;

        @Option(names = "--license", description = "Print the licence only.")
        private boolean license;
    }

    @ArgGroup
    private Part part;

    @Option(names = {"-v", "--verbose"}, description = "Print all metadata and tensors too.")
    private boolean verbose;

    @Override
    public Integer call() {
        PrintStream out = jnpu.console().out();
        if (part != null && part.modelfile) {
            out.print(modelfile(model));
            return 0;
        }
        ModelDefaults modelfile = ModelDefaults.of(model);
        try (ModelSource source = ModelLocator.open(model)) {
            if (part != null) {
                printPart(out, source, modelfile);
                return 0;
            }
            ModelSummary.of(source).print(out);
            section(out, "Parameters", parameters(modelfile));
            section(out, "System", modelfile.system().map(String::lines).map(Stream::toList).orElse(List.of()));
            section(out, "License", modelfile.licenses().stream().flatMap(text -> text.lines().limit(LICENSE_LINES))
                    .toList());
            if (verbose) {
                section(out, "Metadata", source.metadata().values().entrySet().stream()
                        .map(entry -> "%s = %s".formatted(entry.getKey(), describe(entry.getValue()))).toList());
                section(out, "Tensors", source.tensors().stream().map(tensor -> "%-40s %-8s %s".formatted(tensor
                        .name(), tensor.type(), Arrays.toString(tensor.shape()))).toList());
            }
        }
        return 0;
    }

    private void printPart(PrintStream out, ModelSource source, ModelDefaults modelfile) {
        if (part.template) {
            out.println(ChatTemplate.of(source, modelfile.template(), Optional.empty()).map(ChatTemplate::source)
                    .orElseThrow(() -> missing("chat template")));
        } else if (part.system) {
            out.println(modelfile.system().orElseThrow(() -> missing("system message")));
        } else if (part.parameters) {
            parameters(modelfile).forEach(out::println);
        } else {
            modelfile.licenses().forEach(out::println);
        }
    }

    /**
     * The Modelfile that would make a stored model again.
     *
     * @throws ModelNotFoundException
     *             if it is not in the store
     */
    static String modelfile(String model) {
        return ModelName.parse(model).flatMap(ModelStore.ofUser()::find).map(StoredModelfile::of)
                .orElseThrow(() -> new ModelNotFoundException("model '%s' not found in the store".formatted(model)));
    }

    private EngineException missing(String what) {
        return new EngineException("model '%s' has no %s".formatted(model, what));
    }

    private static List<String> parameters(ModelDefaults modelfile) {
        return modelfile.parameters().entrySet().stream()
                .flatMap(entry -> (entry.getValue() instanceof List<?> values ? values : List.of(entry.getValue()))
                        .stream().map(value -> "%-20s %s".formatted(entry.getKey(), value)))
                .toList();
    }

    private static void section(PrintStream out, String heading, List<String> lines) {
        if (lines.isEmpty()) {
            return;
        }
        out.println("  " + heading);
        lines.forEach(line -> out.println("    " + line));
        out.println();
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
