package io.github.jnpu.langchain4j;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.model.scoring.ScoringModel;
import dev.langchain4j.spi.ServiceHelper;
import io.github.jnpu.engine.embedding.EmbeddingModelOptions;
import io.github.jnpu.engine.embedding.Scores;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.langchain4j.spi.NpuScoringModelBuilderFactory;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A scoring model (cross-encoder, reranker) that runs in this JVM.
 *
 * <pre>{@code
 * try (NpuScoringModel model = NpuScoringModel.builder().modelPath(Path.of("ms-marco-MiniLM-L-6-v2")).build()) {
 *     List<Double> scores = model.scoreAll(segments, "What does an NPU do?").content();
 * }
 * }</pre>
 *
 * <p>Thread-safe. Building it loads the model; objects with the same model and options share it. It needs
 * {@code com.microsoft.onnxruntime:onnxruntime} on the class path.
 */
public final class NpuScoringModel implements ScoringModel, AutoCloseable {
    private static final Shares<Key, io.github.jnpu.engine.embedding.ScoringModel> LOADED = new Shares<>(
            io.github.jnpu.engine.embedding.ScoringModel::close);

    private record Key(String model, EmbeddingModelOptions options) {}

    private final Shares.Share<Key, io.github.jnpu.engine.embedding.ScoringModel> share;
    private final boolean normalize;
    private final boolean truncate;

    private NpuScoringModel(Builder builder) {
        String modelName = builder.modelName;
        EmbeddingModelOptions options = builder.options;
        if (modelName == null || modelName.isBlank()) {
            throw new InvalidRequestException("no model: set modelName or modelPath");
        }
        this.normalize = builder.normalize;
        this.truncate = builder.truncate;
        this.share = LOADED.take(new Key(SharedEngine.canonical(modelName), options), () -> {
            try {
                return io.github.jnpu.engine.embedding.ScoringModel.load(modelName, options);
            } catch (RuntimeException e) {
                throw Failures.ofLoading(e);
            }
        });
    }

    public static Builder builder() {
        for (NpuScoringModelBuilderFactory factory : ServiceHelper.loadFactories(NpuScoringModelBuilderFactory.class)) {
            return factory.get();
        }
        return new Builder();
    }

    /** How many models are loaded. */
    static int loadedModels() {
        return LOADED.size();
    }

    /**
     * Scores texts, in their order: the network's own numbers, whatever their range, as LangChain4j's OnnxScoringModel gives them, unless {@link Builder#normalize}
     * is set. The tokens are those of all pairs, the three around each among them.
     *
     * @throws InvalidRequestException
     *             if a pair is too long and must not be cut
     * @throws IllegalStateException
     *             if the model has been closed
     */
    @Override
    public Response<List<Double>> scoreAll(List<TextSegment> segments, String query) {
        io.github.jnpu.engine.embedding.ScoringModel engine = share.value();
        try {
            Scores scores = engine.score(query, segments.stream().map(TextSegment::text).toList(), truncate);
            List<Double> values = new ArrayList<>();
            for (float score : scores.scores()) {
                values.add(normalize ? 1 / (1 + Math.exp(-score)) : score);
            }
            return Response.from(values, new TokenUsage(scores.tokens()));
        } catch (RuntimeException e) {
            throw Failures.ofRequest(e);
        }
    }

    /** Frees the model if no other object shares it; nothing may be scoring with it then. Idempotent. */
    @Override
    public void close() {
        share.close();
    }

    /** Builds a {@link NpuScoringModel}. Frameworks may extend it. */
    public static class Builder {
        private EmbeddingModelOptions options = EmbeddingModelOptions.DEFAULT;
        private String modelName;
        private boolean normalize;
        private boolean truncate = true;

        /** A path to a folder, as {@link #modelPath} takes it. */
        public Builder modelName(String value) {
            modelName = value;
            return this;
        }

        /** A folder with {@code model.onnx}, a sequence classifier with one class, and {@code tokenizer.json} (WordPiece). */
        public Builder modelPath(Path value) {
            modelName = value == null ? null : value.toString();
            return this;
        }

        /** Whether scores are put through the logistic function, so that they lie between 0 and 1; by default they are not. */
        public Builder normalize(Boolean value) {
            normalize = value != null && value;
            return this;
        }

        /** Whether pairs that are too long lose the end of their longer text; by default they do, else they are refused. */
        public Builder truncate(Boolean value) {
            truncate = value == null || value;
            return this;
        }

        /** Tokens of query and document together at most, the three around them among them; by default what the model was made for. */
        public Builder contextLength(Integer value) {
            options = options.withContextLength(value == null ? 0 : value);
            return this;
        }

        /** Cores to use; by default all. */
        public Builder threads(Integer value) {
            options = options.withThreads(value == null ? 0 : value);
            return this;
        }

        /**
         * What runs it: {@code onnxruntime:webgpu|cpu}; by default the best device. What cannot be had runs on the CPU with a warning in the log.
         *
         * @throws IllegalArgumentException
         *             if it cannot be read
         */
        public Builder place(String value) {
            options = options.withPlace(value == null
                    ? PlacementWish.AUTO
                    : PlacementWish.parse(value, options.place().strict()));
            return this;
        }

        /** Whether building the model fails rather than anything else than {@link #place} runs it. */
        public Builder strict(boolean value) {
            options = options.withPlace(options.place().withStrict(value));
            return this;
        }

        /** The backend that must be used, such as {@code onnxruntime:webgpu}; by default the best one. */
        public Builder backend(String value) {
            options = value == null
                    ? options.withPlace(PlacementWish.AUTO)
                    : options.withBackend(value);
            return this;
        }

        /**
         * Loads the model.
         *
         * @throws dev.langchain4j.exception.ModelNotFoundException
         *             if there is no model of this name
         * @throws InvalidRequestException
         *             if none was named, or it cannot be loaded
         */
        public NpuScoringModel build() {
            return new NpuScoringModel(this);
        }
    }
}
