package io.github.jnpu.engine.backend;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.EncoderGraph;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which backend runs a model, and why the others do not.
 *
 * @param rejections
 *            the backends that cannot run it, or not as well
 */
public record Placement(ComputeBackend backend, List<Rejection> rejections) {
    private static final Logger LOGGER = System.getLogger(Placement.class.getName());

    private record Candidate(ComputeBackend backend, int score) {}

    /** A backend that was not taken. */
    public record Rejection(String backend, String reason) {}

    public Placement {
        rejections = List.copyOf(rejections);
    }

    /** As {@link #find}, and says at INFO what was taken and why. */
    public static Placement choose(DecoderGraph graph, Optional<String> wanted) {
        Placement placement = find(graph, wanted);
        LOGGER.log(Level.INFO, () -> "model '%s': %s".formatted(graph.config().name(), placement));
        return placement;
    }

    /**
     * Takes the backend with the highest score for prefill and decode.
     *
     * @param wanted
     *            the only backend allowed, by name, or by name and device: {@code onnxruntime:webgpu}
     * @throws BackendException
     *             if there is none, or the wanted one is unknown or refuses
     */
    public static Placement find(DecoderGraph graph, Optional<String> wanted) {
        return find(backend -> suitability(backend, graph), wanted);
    }

    /** As {@link #choose(DecoderGraph, Optional)}, for an encoder. */
    public static Placement choose(EncoderGraph graph, Optional<String> wanted) {
        Placement placement = find(backend -> backend.suitability(graph), wanted);
        LOGGER.log(Level.INFO, () -> "model '%s': %s".formatted(graph.config().name(), placement));
        return placement;
    }

    private static Placement find(Function<ComputeBackend, Suitability> judge, Optional<String> wanted) {
        List<Rejection> rejections = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<Candidate> candidates = new ArrayList<>();
        Optional<String> name = wanted.map(text -> text.split(":", 2)[0]);
        for (ComputeBackend found : ServiceLoader.load(ComputeBackend.class, ComputeBackend.class.getClassLoader())) {
            names.add(found.name());
            ComputeBackend backend = wanted.isPresent() && name.get().equals(found.name())
                    && wanted.get().contains(":") ? found.on(wanted.get().substring(name.get().length() + 1)) : found;
            if (wanted.isPresent() && !name.get().equals(backend.name())) {
                rejections.add(new Rejection(backend.name(), "'%s' was asked for".formatted(wanted.get())));
                continue;
            }
            switch (judge.apply(backend)) {
                case Suitability.Unsuitable(String reason) -> rejections.add(new Rejection(backend.name(), reason));
                case Suitability.Suitable(int score) -> candidates.add(new Candidate(backend, score));
            }
        }
        ComputeBackend best = candidates.stream().max(Comparator.comparingInt(Candidate::score)).map(Candidate::backend)
                .orElseThrow(() -> new BackendException(explain(wanted, names, rejections)));
        for (Candidate candidate : candidates) {
            if (candidate.backend() != best) {
                rejections.add(new Rejection(candidate.backend().name(), "'%s' is faster".formatted(best.name())));
            }
        }
        return new Placement(best, rejections);
    }

    private static Suitability suitability(ComputeBackend backend, DecoderGraph graph) {
        Suitability prefill = backend.suitability(graph, Stage.PREFILL);
        return prefill instanceof Suitability.Unsuitable ? prefill : backend.suitability(graph, Stage.DECODE);
    }

    private static String explain(Optional<String> wanted, List<String> names, List<Rejection> rejections) {
        if (wanted.isPresent() && !names.contains(wanted.get().split(":", 2)[0])) {
            return "there is no backend '%s'; known are %s".formatted(wanted.get(), String.join(", ", names));
        }
        if (wanted.isPresent()) {
            String name = wanted.get().split(":", 2)[0];
            return rejections.stream().filter(rejection -> rejection.backend().equals(name)).findFirst()
                    .map(rejection -> "backend '%s' cannot run this model: %s".formatted(wanted.get(), rejection
                            .reason()))
                    .orElseThrow();
        }
        return "no backend can run this model: " + describe(rejections);
    }

    private static String describe(List<Rejection> rejections) {
        return rejections.stream().map(rejection -> rejection.backend() + ": " + rejection.reason())
                .collect(Collectors.joining("; "));
    }

    @Override
    public String toString() {
        String others = rejections.isEmpty() ? "" : " (not " + describe(rejections) + ")";
        return "%s on %s%s".formatted(backend.name(), backend.device(), others);
    }
}
