package io.github.jnpu.server.api;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.store.BlobWriter;
import io.github.jnpu.engine.store.Digest;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.StoredModel;
import io.github.jnpu.server.model.EmbeddingModels;
import io.github.jnpu.server.model.LoadedModels;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import java.util.regex.Pattern;

/** {@code /api/blobs}, {@code /api/copy} and {@code /api/delete}: short changes of the store. */
final class StoreRoutes {
    private static final Pattern DIGEST = Pattern.compile("sha256[:-][0-9a-fA-F]{64}");

    private final Vertx vertx;
    private final ModelStore store;
    private final LoadedModels loaded;
    private final EmbeddingModels embedding;
    private final WorkerExecutor workers;
    private final RequestBody bodies;

    StoreRoutes(Vertx vertx, ModelStore store, LoadedModels loaded, EmbeddingModels embedding, WorkerExecutor workers,
            RequestBody bodies) {
        this.vertx = vertx;
        this.store = store;
        this.loaded = loaded;
        this.embedding = embedding;
        this.workers = workers;
        this.bodies = bodies;
    }

    /** One line for what goes wrong on the disk. */
    static EngineException failure(IOException e) {
        return new EngineException("the model store cannot be changed: " + (e.getMessage() == null
                ? e.toString()
                : e.getMessage().lines().findFirst().orElse("?")), e);
    }

    void blob(RoutingContext routing) {
        String text = routing.pathParam("digest");
        if (!DIGEST.matcher(text).matches()) {
            Responses.fail(routing, ApiException.badRequest("invalid digest format"));
            return;
        }
        // Capital letters are a digest, but none that a blob is stored under.
        Optional<Digest> digest = Digest.parse(text);
        if (routing.request().method().equals(HttpMethod.HEAD)) {
            workers.executeBlocking(() -> digest.filter(store.blobs()::contains).isPresent(), false).onComplete(
                    there -> Responses.empty(routing, there ? 200 : 404), failure -> Responses.fail(routing, failure));
            return;
        }
        // Nothing is read before there is a place for it.
        routing.request().pause();
        workers.executeBlocking(() -> digest.filter(store.blobs()::contains).isPresent()
                ? Optional.<BlobWriter>empty()
                : Optional.of(store.blobs().begin()), false)
                .onComplete(writer -> {
                    if (writer.isEmpty()) {
                        routing.request().resume();
                        Responses.empty(routing, 200);
                        return;
                    }
                    BlobReceiver.receive(vertx, workers, routing.request(), writer.get()).onComplete(
                            found -> answer(routing, text, digest, found), failure -> Responses.fail(routing, failure));
                }, failure -> Responses.fail(routing, failure instanceof IOException e ? failure(e) : failure));
    }

    private static void answer(RoutingContext routing, String text, Optional<Digest> expected, Digest found) {
        if (expected.filter(found::equals).isPresent()) {
            Responses.empty(routing, 201);
        } else {
            Responses.fail(routing,
                    ApiException.badRequest("digest mismatch, expected \"%s\", got \"%s\"".formatted(text,
                            found)));
        }
    }

    /** Work on the store that a body asks for, and an empty answer. */
    @FunctionalInterface
    private interface Change {
        void apply(byte[] body) throws IOException;
    }

    private void change(RoutingContext routing, Change change) {
        Future<Object> done = bodies.read(routing.request()).compose(body -> workers.executeBlocking(() -> {
            try {
                change.apply(body.getBytes());
            } catch (IOException e) {
                throw failure(e);
            }
            return null;
        }, false));
        done.onComplete(ignored -> Responses.empty(routing, 200), failure -> Responses.fail(routing, failure));
    }

    void copy(RoutingContext routing) {
        change(routing, body -> {
            JsonFields fields = JsonFields.ofBody(body, "CopyRequest");
            ModelName source = name(fields, "source");
            ModelName destination = name(fields, "destination");
            try {
                store.writer().copy(source, destination);
            } catch (ModelNotFoundException e) {
                throw ApiException.notFound("model \"%s\" not found".formatted(fields.string("source").orElse("")));
            }
        });
    }

    private static ModelName name(JsonFields fields, String key) {
        String text = fields.string(key).orElse("");
        return ModelName.parse(text).orElseThrow(() -> ApiException.badRequest("%s \"%s\" is invalid".formatted(key,
                printable(text))));
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    void delete(RoutingContext routing) {
        change(routing, body -> {
            JsonFields fields = JsonFields.ofBody(body, "DeleteRequest");
            String text = fields.string("model").filter(name -> !name.isEmpty()).or(() -> fields.string("name"))
                    .orElse("");
            if (text.isEmpty()) {
                throw ApiException.badRequest("model is required");
            }
            ModelName name = ModelName.parse(text).orElseThrow(() -> ApiException.badRequest("name \"%s\" is invalid"
                    .formatted(printable(text))));
            Optional<StoredModel> model = store.find(name);
            try {
                store.writer().delete(name);
            } catch (ModelNotFoundException e) {
                throw ApiException.notFound("model '%s' not found".formatted(text));
            }
            model.ifPresent(this::unloadUnlessShared);
        });
    }

    /** Weights that nobody can ask for any more need not stay in memory. */
    private void unloadUnlessShared(StoredModel model) {
        if (model.file().filter(Files::exists).isEmpty()) {
            loaded.unload(model);
            embedding.unload(model);
        }
    }
}
