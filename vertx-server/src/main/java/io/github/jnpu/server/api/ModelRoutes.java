package io.github.jnpu.server.api;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.placement.Placement;
import io.github.jnpu.engine.store.ModelConfiguration;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.StoredModel;
import io.github.jnpu.server.hardware.HardwareMonitor;
import io.github.jnpu.server.hardware.ModelPlacement;
import io.github.jnpu.server.model.LoadedModels;
import io.github.jnpu.server.model.ModelHeader;
import io.github.jnpu.server.model.ModelHeaders;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.RoutingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** {@code /api/tags}, {@code /api/show}, {@code /api/ps} and {@code /v1/models}: what is installed and what is in memory. */
final class ModelRoutes {
    private static final Logger LOGGER = LoggerFactory.getLogger(ModelRoutes.class);
    private static final int MAX_REMEMBERED = 1000;

    private final ModelStore store;
    private final ModelHeaders headers;
    private final LoadedModels loaded;
    private final HardwareMonitor monitor;
    private final WorkerExecutor workers;
    private final RequestBody bodies;
    /** Models, by digest, whose file could not be read when they were listed. */
    private final Set<String> reported = ConcurrentHashMap.newKeySet();

    record Details(String parentModel, String format, String family, List<String> families, String parameterSize,
            String quantizationLevel, Long contextLength, Long embeddingLength, String accelerationType,
            String deviceId,
            List<String> supportedDevices, String openvinoVersion) {
        /** With where the model runs, which Ollama does not tell. */
        Details on(ComputeBackend backend, String openvino) {
            // Every backend that there is so far computes on the CPU.
            return new Details(parentModel, format, family, families, parameterSize, quantizationLevel, contextLength,
                    embeddingLength, backend.acceleration().name(), backend.deviceId(), List.of(backend.deviceId()),
                    openvino);
        }
    }

    private record Tag(String name, String model, String modifiedAt, long size, String digest, Details details,
            List<String> capabilities) {}

    private record Tags(List<Tag> models) {}

    private record Running(String name, String model, long size, String digest, Details details, String expiresAt,
            long sizeVram, int contextLength, List<ModelPlacement.StagePlacement> placement, List<String> warnings) {}

    private record RunningModels(List<Running> models) {}

    ModelRoutes(ModelStore store, ModelHeaders headers, LoadedModels loaded, HardwareMonitor monitor,
            WorkerExecutor workers, RequestBody bodies) {
        this.store = store;
        this.headers = headers;
        this.loaded = loaded;
        this.monitor = monitor;
        this.workers = workers;
        this.bodies = bodies;
    }

    void tags(RoutingContext routing) {
        workers.executeBlocking(() -> {
            List<Tag> tags = new ArrayList<>();
            for (StoredModel model : store.list()) {
                tag(model).ifPresent(tags::add);
            }
            return new Tags(tags);
        }, false).onComplete(answer -> Responses.json(routing, answer), failure -> Responses.fail(routing, failure));
    }

    /** {@code /v1/models}: those of {@code /api/tags}. */
    void openAiModels(RoutingContext routing) {
        workers.executeBlocking(() -> new OpenAiModel.ModelList("list", store.list().stream()
                .filter(model -> tag(model).isPresent())
                .map(model -> OpenAiModel.of(model.name().shortName(), model)).toList()), false).onComplete(
                        answer -> Responses.json(routing, answer), failure -> Responses.fail(routing, failure));
    }

    /** {@code /v1/models/:model}. */
    void openAiModel(RoutingContext routing) {
        String requested = routing.pathParam("model");
        workers.executeBlocking(() -> OpenAiModel.of(requested, find(requested)), false).onComplete(
                answer -> Responses.json(routing, answer), failure -> Responses.fail(routing, failure));
    }

    private StoredModel find(String requested) {
        if (requested.isBlank()) {
            throw ApiException.badRequest("model is required");
        }
        ModelName name = ModelName.parse(requested).orElseThrow(() -> ApiException.badRequest("invalid model name"));
        return store.find(name).orElseThrow(() -> ApiException.notFound("model '%s' not found".formatted(
                name.shortName())));
    }

    /** A model whose file is unreadable is listed all the same, with what its configuration says; it is installed. */
    private Optional<Tag> tag(StoredModel model) {
        try {
            Optional<ModelHeader> header = header(model);
            return Optional.of(new Tag(model.name().shortName(), model.name().shortName(), Timestamps.local(model
                    .modifiedAt()), model.size(), model.digest(), details(model, header), header
                            .map(
                                    ModelHeader::capabilities)
                            .orElse(null)));
        } catch (ModelFormatException e) {
            // Its small layers are damaged too: nothing is known of it.
            report(model, e);
            return Optional.empty();
        }
    }

    private Optional<ModelHeader> header(StoredModel model) {
        try {
            return Optional.of(headers.of(model));
        } catch (ModelFormatException e) {
            report(model, e);
            return Optional.empty();
        }
    }

    private void report(StoredModel model, ModelFormatException e) {
        if (reported.size() < MAX_REMEMBERED && reported.add(model.digest())) {
            LOGGER.warn("model '{}' cannot be used: {}", model.name(), e.getMessage());
        }
    }

    static Details details(StoredModel model, Optional<ModelHeader> header) {
        ModelConfiguration configuration = model.configuration();
        String family = configuration.family().or(() -> header.map(ModelHeader::architecture)).orElse("");
        List<String> families = configuration.families().isEmpty() && !family.isEmpty()
                ? List.of(family)
                : configuration.families();
        return new Details(model.parent().orElse(""), configuration.format().orElse("gguf"), family, families,
                configuration.parameterSize().or(() -> header.map(ModelHeader::parameterSize)).orElse(""),
                configuration.quantization().or(() -> header.map(ModelHeader::quantization)).orElse("unknown"),
                header.flatMap(ModelHeader::contextLength).orElse(null),
                header.flatMap(ModelHeader::embeddingLength).orElse(null), null, null, null, null);
    }

    void ps(RoutingContext routing) {
        workers.executeBlocking(() -> {
            List<Running> running = new ArrayList<>();
            for (LoadedModels.Status status : loaded.list()) {
                StoredModel model = status.model();
                Details details = details(model, header(model)).on(status.placement().backend(),
                        monitor.openvinoVersion());
                running.add(new Running(model.name().shortName(), model.name().shortName(), status.memoryBytes(), model
                        .digest(), details, Timestamps.local(status.expiresAt()), 0,
                        status
                                .contextLength(),
                        ModelPlacement.stages(status.report()), status.report().warnings()));
            }
            return new RunningModels(running);
        }, false).onComplete(answer -> Responses.json(routing, answer), failure -> Responses.fail(routing, failure));
    }

    void show(RoutingContext routing) {
        String agent = routing.request().getHeader("User-Agent");
        boolean copilot = agent != null && agent.startsWith("GitHubCopilotChat/");
        bodies.read(routing.request()).compose(body -> workers.executeBlocking(() -> show(body.getBytes(), copilot),
                false)).onComplete(answer -> Responses.json(routing, answer), failure -> Responses.fail(routing,
                        failure));
    }

    private Map<String, Object> show(byte[] body, boolean copilot) {
        JsonFields fields = JsonFields.ofBody(body, "ShowRequest");
        String requested = fields.string("model").filter(name -> !name.isEmpty()).or(() -> fields.string("name"))
                .orElse("");
        boolean verbose = fields.bool("verbose", false);
        Optional<String> system = fields.string("system").filter(text -> !text.isEmpty());
        Map<String, Object> overrides = new LinkedHashMap<>();
        fields.object("options").ifPresent(options -> options.properties()
                .forEach(entry -> overrides.put(entry.getKey(), ModelDescription.plainValue(entry.getValue()))));
        Optional<String> template = fields.string("template").filter(text -> !text.isEmpty());
        StoredModel model = find(requested);
        ModelHeader header = headers.of(model);
        try (ModelSource source = model.open()) {
            ModelDescription description = new ModelDescription(model, header, source, system, overrides, template);
            Details details = details(model, Optional.of(header));
            return description.answer(backend(model, source).map(backend -> details.on(backend,
                    monitor.openvinoVersion())).orElse(details), verbose, copilot
                            ? Optional.of(requested)
                            : Optional.empty());
        }
    }

    /** What runs a model, or would; empty if nothing can. */
    private Optional<ComputeBackend> backend(StoredModel model, ModelSource source) {
        Optional<ComputeBackend> running = loaded.list().stream()
                .filter(status -> status.model().weightsDigest().equals(model.weightsDigest()))
                .map(status -> status.placement().backend()).findFirst();
        if (running.isPresent()) {
            return running;
        }
        try {
            return Optional.of(Placement.find(DecoderGraph.of(source), Optional.empty()).backend());
        } catch (ModelFormatException | EngineException e) {
            LOGGER.debug("no backend for model '{}': {}", model.name(), e.getMessage());
            return Optional.empty();
        }
    }
}
