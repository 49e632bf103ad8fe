package io.github.jnpu.engine.embedding;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.EncoderGraph;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Which backend runs an encoder: the one that was asked for and no other, or the one with the highest score. */
final class EncoderPlacement {
    private static final System.Logger LOGGER = System.getLogger(EncoderPlacement.class.getName());

    private EncoderPlacement() {}

    /**
     * Chooses, and says at INFO what was taken and why the others were not.
     *
     * @param wanted
     *            a name, or name and device: {@code onnxruntime:webgpu}
     * @throws BackendException
     *             if there is none, or the wanted one is unknown or refuses
     */
    static ComputeBackend choose(EncoderGraph graph, Optional<String> wanted) {
        return choose(graph.config().name(), backend -> backend.suitability(graph), wanted);
    }

    /** The same for a decoder of which only prefill is used. */
    static ComputeBackend choose(DecoderGraph graph, Optional<String> wanted) {
        return choose(graph.config().name(), backend -> backend.suitability(graph, Stage.PREFILL), wanted);
    }

    private static ComputeBackend choose(String model, Function<ComputeBackend, Suitability> judge,
            Optional<String> wanted) {
        List<ComputeBackend> installed = ServiceLoader
                .load(ComputeBackend.class, ComputeBackend.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get).toList();
        if (wanted.isPresent()) {
            return require(named(installed, wanted.get()), model, judge, wanted.get());
        }
        ComputeBackend best = null;
        // Those with a score of nothing are for who asks for them by name.
        int bestScore = 0;
        List<String> others = new ArrayList<>();
        for (ComputeBackend backend : installed) {
            switch (judge.apply(backend)) {
                case Suitability.Unsuitable(String reason) -> others.add(backend.name() + ": " + reason);
                case Suitability.Suitable(int score) -> {
                    if (score > bestScore) {
                        bestScore = score;
                        best = backend;
                    }
                }
            }
        }
        if (best == null) {
            throw new BackendException("no backend can run this encoder: " + String.join("; ", others));
        }
        log(model, best, others);
        return best;
    }

    private static void log(String model, ComputeBackend backend, List<String> others) {
        LOGGER.log(System.Logger.Level.INFO, "model ''{0}'': {1} on {2}{3}", model, backend.name(),
                backend.device(), others.isEmpty() ? "" : " (not " + String.join("; ", others) + ")");
    }

    private static ComputeBackend named(List<ComputeBackend> installed, String wanted) {
        String[] parts = wanted.split(":", 2);
        ComputeBackend backend = installed.stream().filter(candidate -> candidate.name().equals(parts[0])).findFirst()
                .orElseThrow(() -> new BackendException("there is no backend '%s'; known are %s".formatted(wanted,
                        installed.stream().map(ComputeBackend::name).collect(Collectors.joining(", ")))));
        return parts.length == 1 ? backend : backend.on(parts[1]);
    }

    private static ComputeBackend require(ComputeBackend backend, String model,
            Function<ComputeBackend, Suitability> judge, String wanted) {
        if (judge.apply(backend) instanceof Suitability.Unsuitable(String reason)) {
            throw new BackendException("backend '%s' cannot run this model: %s".formatted(wanted, reason));
        }
        log(model, backend, List.of());
        return backend;
    }
}
