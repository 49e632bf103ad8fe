package io.github.jnpu.server.cli;

import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/** Writes models with random weights, to measure speed with. */
@Command(name = "convert", mixinStandardHelpOptions = true, description = {
        "Write a GGUF file with random weights.",
        "The model loads, tokenizes and runs at the speed of a trained one and says nothing. The same options give the same bytes."}, footer = {
                "", "Examples:",
                "  jnpu convert --random llama --like 1b --type Q4_0 -o /tmp/llama-1b-q4_0.gguf",
                "  jnpu bench -m /tmp/llama-1b-q4_0.gguf"})
final class ConvertCommand implements Callable<Integer> {
    @ParentCommand
    private Jnpu jnpu;

    @Option(names = "--random", required = true, paramLabel = "ARCH", description = "The architecture: llama, qwen2 or qwen3.")
    private String architecture;

    @Option(names = "--like", paramLabel = "SIZE", defaultValue = "1b", description = "tiny, 100m, 500m, 1b, 3b or 8b (default ${DEFAULT-VALUE}).")
    private String like;

    @Option(names = "--type", paramLabel = "TYPE", defaultValue = "Q4_0", description = "The weights' type, such as F16, Q8_0 or Q4_K_M (default ${DEFAULT-VALUE}).")
    private String type;

    @Option(names = "--tied", description = "Let the embedding table make the logits too.")
    private boolean tied;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Another seed gives other weights (default ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = {"-o",
            "--output"}, required = true, paramLabel = "FILE", description = "The file to write; one that is there is replaced.")
    private Path output;

    @Override
    public Integer call() throws IOException {
        ModelSize size = ModelSize.Preset.ofLabel(like).map(ModelSize.Preset::size)
                .orElseThrow(() -> new IllegalArgumentException(
                        "unknown size '%s'; known are %s".formatted(like, ModelSize.Preset.labels())));
        FileType fileType = FileType.ofName(type).orElseThrow(() -> new IllegalArgumentException(
                "unknown type '%s'; known are %s".formatted(type, FileType.names())));
        RandomModel model = new RandomModel(architecture, size, fileType, tied, seed);
        try (Spinner _ = Spinner.start(jnpu.console(), "writing " + output)) {
            model.write(output);
        }
        jnpu.console().out().println("%s: %s".formatted(output, Quantity.bytes(Files.size(output))));
        return 0;
    }
}
