package io.github.jnpu.server.cli;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.quantize.QuantizedModel;
import io.github.jnpu.convert.quantize.QuantizedModel.Weight;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.store.ModelLocator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

/** Writes GGUF files: a model in another type, or one with random weights to measure speed with. */
@Command(name = "convert", mixinStandardHelpOptions = true, description = {
        "Write a model's weights in another type, or a GGUF file with random weights.",
        "Matrices become the type, norms and biases stay; where rows do not fill the type's blocks, the next larger type with smaller ones is taken, as llama-quantize does.",
        "A random model loads, tokenizes and runs at the speed of a trained one and says nothing. The same options give the same bytes."}, footer = {
                "", "Examples:",
                "  jnpu convert ./model-f16.gguf --type Q4_K_M -o ./model-q4_k_m.gguf",
                "  jnpu convert --random llama --like 1b --type Q4_0 -o /tmp/llama-1b-q4_0.gguf",
                "  jnpu bench -m /tmp/llama-1b-q4_0.gguf"})
final class ConvertCommand implements Callable<Integer> {
    private static final List<String> RANDOM_ONLY = List.of("--like", "--tied", "--seed");

    @ParentCommand
    private Jnpu jnpu;

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "MODEL", description = "The model to convert: a name in the store, 'demo', or a path to a GGUF file.")
    private String model;

    @Option(names = "--random", paramLabel = "ARCH", description = "Make a random model instead: llama, qwen2 or qwen3.")
    private String architecture;

    @Option(names = "--like", paramLabel = "SIZE", defaultValue = "1b", description = "Of a random model: tiny, 100m, 500m, 1b, 3b or 8b (default ${DEFAULT-VALUE}).")
    private String like;

    @Option(names = "--type", paramLabel = "TYPE", description = "The weights' type, such as F16, Q8_0 or Q4_K_M (default for a random model: Q4_0).")
    private String type;

    @Option(names = "--tied", description = "Let a random model's embedding table make the logits too.")
    private boolean tied;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Another seed gives other random weights (default ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = {"-o",
            "--output"}, required = true, paramLabel = "FILE", description = "The file to write; one that is there is replaced.")
    private Path output;

    @Override
    public Integer call() throws IOException {
        if ((model == null) == (architecture == null)) {
            throw new ParameterException(spec.commandLine(),
                    "Give either a model to convert or --random ARCH");
        }
        if (model == null) {
            writeRandom();
        } else {
            convert();
        }
        jnpu.console().out().println("%s: %s".formatted(output, Quantity.bytes(Files.size(output))));
        return 0;
    }

    private void writeRandom() throws IOException {
        ModelSize size = ModelSize.Preset.ofLabel(like).map(ModelSize.Preset::size)
                .orElseThrow(() -> new IllegalArgumentException(
                        "unknown size '%s'; known are %s".formatted(like, ModelSize.Preset.labels())));
        RandomModel random = new RandomModel(architecture, size, type == null ? FileType.Q4_0 : fileType(), tied, seed);
        try (Spinner _ = Spinner.start(jnpu.console(), "writing " + output)) {
            random.write(output);
        }
    }

    private void convert() throws IOException {
        for (String option : RANDOM_ONLY) {
            if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(spec.commandLine(), option + " is for random models (--random ARCH)");
            }
        }
        if (type == null) {
            throw new ParameterException(spec.commandLine(),
                    "Give the type to convert to (--type); known are " + FileType.names());
        }
        try (ModelSource source = ModelLocator.open(model)) {
            Path original = Path.of(source.location());
            if (Files.exists(original) && Files.exists(output) && Files.isSameFile(output, original)) {
                throw new IllegalArgumentException(
                        "%s is the model itself; give another file to write".formatted(output));
            }
            QuantizedModel quantized = new QuantizedModel(source, fileType());
            try (Spinner spinner = Spinner.start(jnpu.console(), "writing " + output)) {
                quantized.write(output,
                        share -> spinner.show("writing %s: %d%%".formatted(output, (int) (share * 100))));
            }
            report(quantized.weights());
        }
    }

    private FileType fileType() {
        return FileType.ofName(type).orElseThrow(() -> new IllegalArgumentException(
                "unknown type '%s'; known are %s".formatted(type, FileType.names())));
    }

    /** Says what did not come out as a user may think, on standard error. */
    private void report(List<Weight> weights) {
        Map<TensorType, Map<TensorType, Long>> fallbacks = weights.stream().filter(Weight::isFallback)
                .collect(groupingBy(Weight::wanted, TreeMap::new,
                        groupingBy(Weight::type, TreeMap::new, counting())));
        fallbacks.forEach((wanted, instead) -> instead.forEach((taken, count) -> jnpu.console().err()
                .println("%d tensor%s became %s: the rows do not fill the blocks of %s".formatted(count,
                        count == 1 ? "" : "s", taken, wanted))));
        long twice = weights.stream().filter(Weight::isRequantized).count();
        if (twice > 0) {
            jnpu.console().err().println(
                    "%d tensor%s were quantised before and lost precision twice; an F16 or F32 original would be better"
                            .formatted(twice, twice == 1 ? "" : "s"));
        }
    }
}
