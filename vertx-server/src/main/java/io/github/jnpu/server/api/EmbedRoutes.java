package io.github.jnpu.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.engine.embedding.EmbeddingModel;
import io.github.jnpu.engine.embedding.EmbeddingModelOptions;
import io.github.jnpu.engine.embedding.EmbeddingRequest;
import io.github.jnpu.engine.embedding.Embeddings;
import io.github.jnpu.engine.embedding.TextTooLongException;
import io.github.jnpu.engine.embedding.UnusableEmbeddingException;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.StoredModel;
import io.github.jnpu.server.model.EmbeddingModels;
import io.github.jnpu.server.model.EmbeddingModels.Key;
import io.github.jnpu.server.model.EmbeddingModels.Used;
import io.github.jnpu.server.model.ModelHeader;
import io.github.jnpu.server.model.ModelHeaders;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.RoutingContext;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** {@code /api/embed}, {@code /api/embeddings} and OpenAI's {@code /v1/embeddings}. Reading, loading and computing happen on worker threads. */
final class EmbedRoutes {
    private static final String TOO_LONG = "the input length exceeds the context length";

    private final ModelStore store;
    private final ModelHeaders headers;
    private final EmbeddingModels models;
    private final WorkerExecutor workers;
    private final RequestBody bodies;
    private final int defaultContextLength;

    record EmbedAnswer(String model, List<float[]> embeddings, Long totalDuration, Long loadDuration,
            Integer promptEvalCount) {}

    private record LegacyAnswer(float[] embedding) {}

    /**
     * A model that can be used.
     *
     * @param key
     *            what it is kept under
     * @param rawVectors
     *            whether the old route gives its vectors as they are
     */
    private record Found(Key key, Supplier<EmbeddingModel> loader, boolean rawVectors) {}

    EmbedRoutes(ModelStore store, ModelHeaders headers, EmbeddingModels models, WorkerExecutor workers,
            RequestBody bodies, int defaultContextLength) {
        this.store = store;
        this.headers = headers;
        this.models = models;
        this.workers = workers;
        this.bodies = bodies;
        this.defaultContextLength = defaultContextLength;
    }

    void embed(RoutingContext routing) {
        handle(routing, this::embed);
    }

    void embeddings(RoutingContext routing) {
        handle(routing, this::legacy);
    }

    /** {@code /v1/embeddings}. */
    void openAiEmbeddings(RoutingContext routing) {
        handle(routing, this::openAi);
    }

    private void handle(RoutingContext routing, Function<byte[], Object> answer) {
        bodies.read(routing.request())
                .compose(body -> workers.executeBlocking(() -> answer.apply(body.getBytes()), false))
                .onComplete(result -> Responses.json(routing, result), failure -> Responses.fail(routing, failure));
    }

    private Object embed(byte[] body) {
        return embed(JsonFields.ofBody(body, "EmbedRequest"));
    }

    private EmbedAnswer embed(JsonFields fields) {
        long start = System.nanoTime();
        RequestFields common = RequestFields.of(fields);
        int dimensions = Math.max(0, fields.integer("dimensions", 0));
        List<String> texts = texts(fields.value("input"));
        if (common.model().isBlank()) {
            throw ApiException.notFound("model '' not found");
        }
        Found found = find(common);
        if (texts.isEmpty()) {
            models.use(found.key(), found.loader(), common.keepAlive(), EmbeddingModel::dimension);
            return new EmbedAnswer(common.model(), List.of(), null, null, null);
        }
        try {
            Used<Embeddings> used = models.use(found.key(), found.loader(), common.keepAlive(),
                    model -> model.embed(new EmbeddingRequest(texts, common.truncate(), dimensions, true)));
            return new EmbedAnswer(common.model(), used.result().vectors(), System.nanoTime() - start,
                    used.load().toNanos(), used.result().tokens());
        } catch (TextTooLongException e) {
            throw ApiException.badRequest(TOO_LONG);
        } catch (UnusableEmbeddingException e) {
            throw ApiException.badRequest(e.getMessage());
        }
    }

    private Object openAi(byte[] body) {
        OpenAiRequest.Embedding request = OpenAiRequest.embedding(body);
        return EmbeddingList.of(embed(request.fields()), request.base64());
    }

    /** Cuts no texts, and scales only the vectors of some models, as Ollama's route. */
    private Object legacy(byte[] body) {
        JsonFields fields = JsonFields.ofBody(body, "EmbeddingRequest");
        RequestFields common = RequestFields.of(fields);
        String prompt = fields.string("prompt").orElse("");
        if (common.model().isBlank()) {
            throw ApiException.badRequest("model is required");
        }
        Found found = find(common);
        if (prompt.isEmpty()) {
            models.use(found.key(), found.loader(), common.keepAlive(), EmbeddingModel::dimension);
            return new LegacyAnswer(new float[0]);
        }
        try {
            return new LegacyAnswer(models.use(found.key(), found.loader(), common.keepAlive(),
                    model -> model.embed(new EmbeddingRequest(List.of(prompt), false, 0, !found.rawVectors()))).result()
                    .vectors()
                    .getFirst());
        } catch (TextTooLongException e) {
            throw new ApiException(500, TOO_LONG);
        }
    }

    private static List<String> texts(Optional<JsonNode> input) {
        if (input.isEmpty()) {
            return List.of();
        }
        JsonNode value = input.get();
        if (value.isTextual()) {
            return value.textValue().isEmpty() ? List.of() : List.of(value.textValue());
        }
        if (!value.isArray()) {
            throw ApiException.badRequest("invalid input type");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : value) {
            if (!element.isTextual()) {
                throw ApiException.badRequest("invalid input type");
            }
            texts.add(element.textValue());
        }
        return texts;
    }

    /** A model in the store, or all-minilm on the class path. */
    private Found find(RequestFields common) {
        ModelName name = ModelName.parse(common.model())
                .orElseThrow(() -> ApiException.badRequest("invalid model name"));
        Optional<StoredModel> stored = store.find(name);
        if (stored.isEmpty()) {
            if (!EmbeddingModel.isOnClassPath(common.model())) {
                throw ApiException
                        .notFound("model \"%s\" not found, try pulling it first".formatted(common.model()));
            }
            EmbeddingModelOptions options = options(OptionValues.of(Map.of(), common.options()), 0);
            return new Found(new Key("all-minilm", options),
                    () -> EmbeddingModel.load(common.model(), options), false);
        }
        StoredModel model = stored.get();
        ModelHeader header = headers.of(model);
        if (!header.embedding()) {
            throw new ApiException(501, "\"%s\" does not support embeddings".formatted(common.model()));
        }
        EmbeddingModelOptions options = options(OptionValues.of(model.parameters(), common.options()),
                defaultContextLength);
        return new Found(Key.of(model, options),
                () -> EmbeddingModel.load(model.open(), options), header.rawVectors());
    }

    private EmbeddingModelOptions options(OptionValues values, int contextLength) {
        return EmbeddingModelOptions.DEFAULT.withContextLength(values.contextLength(contextLength))
                .withThreads(values.threads())
                .withPlace(values.place().map(models.place()::overriddenBy).orElse(models.place()));
    }
}
