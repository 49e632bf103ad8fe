package io.github.jnpu.engine.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.graph.Pooling;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Encoder;
import io.github.jnpu.engine.backend.Suitability;
import io.github.jnpu.engine.backend.onnxruntime.OnnxRuntimeBackend;
import io.github.jnpu.engine.placement.PlacedEncoder;
import io.github.jnpu.engine.tokenizer.HuggingFaceTokenizerFile;
import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A folder as Hugging Face has them: {@code model.onnx} (also in {@code onnx/}), {@code tokenizer.json}, and as far as they are there {@code config.json} and
 * {@code 1_Pooling/config.json}. Without these a text has 512 tokens, and their mean is taken.
 */
final class OnnxEncoderFolder {
    private static final System.Logger LOGGER = System.getLogger(OnnxEncoderFolder.class.getName());
    private static final String BACKEND = "onnxruntime";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> NETWORKS = List.of("model.onnx", "onnx/model.onnx", "model_quantized.onnx",
            "onnx/model_quantized.onnx");
    private static final int DEFAULT_POSITIONS = 512;
    private static final int MAX_POSITIONS = 1 << 20;

    private OnnxEncoderFolder() {}

    static EmbeddingModel load(Path folder, EmbeddingModelOptions options) {
        Path network = network(folder);
        return load(name(folder), tokenizer(folder), options, backend -> backend.compile(network, pooling(folder),
                EmbeddingModel.encoderOptions(options, context(folder, options))));
    }

    static String name(Path folder) {
        return folder.toAbsolutePath().normalize().getFileName().toString();
    }

    static Path network(Path folder) {
        return NETWORKS.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst()
                .orElseThrow(() -> new ModelNotFoundException(
                        "%s has none of %s".formatted(folder, String.join(", ", NETWORKS))));
    }

    static Tokenizer tokenizer(Path folder) {
        Path file = folder.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw new ModelNotFoundException("%s has no tokenizer.json".formatted(folder));
        }
        return HuggingFaceTokenizerFile.read(bytes(file), file.toString());
    }

    /** How many tokens are read at most. */
    static int context(Path folder, EmbeddingModelOptions options) {
        int positions = positions(folder);
        return options.contextLength() == 0 ? positions : Math.min(options.contextLength(), positions);
    }

    static EmbeddingModel load(String name, Tokenizer tokenizer, EmbeddingModelOptions options,
            Function<OnnxRuntimeBackend, Encoder> compiler) {
        return new EmbeddingModel(name, tokenizer, place(name, options, compiler), () -> {});
    }

    /** An ONNX file on the best of the backends that read such files. */
    static PlacedEncoder place(String name, EmbeddingModelOptions options,
            Function<OnnxRuntimeBackend, Encoder> compiler) {
        return new PlacedEncoder(name, new PlacedEncoder.Network() {
            /** A file needs a library that reads it: of those that there are, the CPU too. */
            @Override
            public Suitability suitability(ComputeBackend backend) {
                return backend instanceof OnnxRuntimeBackend runtime
                        ? runtime.suitabilityForFiles()
                        : new Suitability.Unsuitable("an ONNX file runs on 'onnxruntime' only");
            }

            @Override
            public Encoder compile(ComputeBackend backend) {
                return compiler.apply((OnnxRuntimeBackend) backend);
            }
        }, options.place());
    }

    private static int positions(Path folder) {
        Path file = folder.resolve("config.json");
        if (!Files.isRegularFile(file)) {
            return DEFAULT_POSITIONS;
        }
        long positions = json(file).path("max_position_embeddings").asLong(DEFAULT_POSITIONS);
        if (positions < 1 || positions > MAX_POSITIONS) {
            throw new ModelFormatException(
                    "%s: 'max_position_embeddings' is %d, expected 1 to %d".formatted(file, positions, MAX_POSITIONS));
        }
        return (int) Math.min(positions, DEFAULT_POSITIONS);
    }

    private static Pooling pooling(Path folder) {
        Path file = folder.resolve("1_Pooling/config.json");
        if (!Files.isRegularFile(file)) {
            return Pooling.MEAN;
        }
        JsonNode config = json(file);
        if (config.path("pooling_mode_mean_tokens").asBoolean()) {
            return Pooling.MEAN;
        }
        if (config.path("pooling_mode_cls_token").asBoolean()) {
            return Pooling.CLS;
        }
        if (config.path("pooling_mode_lasttoken").asBoolean()) {
            return Pooling.LAST;
        }
        throw new ModelFormatException("%s: no pooling mode that jnpu knows: mean, cls or last token".formatted(file));
    }

    private static JsonNode json(Path file) {
        try {
            return JSON.readTree(bytes(file));
        } catch (IOException e) {
            throw new ModelFormatException("%s: it is no JSON".formatted(file));
        }
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new EngineException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }
}
