package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What runs each stage of a model, and why nothing else does.
 *
 * @param stages
 *            prefill, then decode
 * @param warnings
 *            what was wished and could not be, one line each
 */
public record Placement(List<StagePlacement> stages, List<String> warnings) {

    /**
     * What runs a stage.
     *
     * @param reason
     *            why: {@code it was asked for}
     * @param rejections
     *            the backends and devices that do not run it
     */
    public record StagePlacement(Stage stage, Division division, String reason, List<Rejection> rejections) {
        public StagePlacement {
            rejections = List.copyOf(rejections);
        }
    }

    /**
     * A backend, or one of its devices, that was not taken.
     *
     * @param backend
     *            as users write it
     */
    public record Rejection(String backend, String reason) {}

    public Placement {
        stages = List.copyOf(stages);
        warnings = List.copyOf(warnings);
    }

    /**
     * Takes the backend with the highest score for each stage, without compiling or checking anything.
     *
     * @param wanted
     *            the only target allowed: {@code onnxruntime:webgpu}
     * @throws BackendException
     *             if there is none, or the wanted one is unknown or refuses
     */
    public static Placement find(DecoderGraph graph, Optional<String> wanted) {
        return find(graph, wanted.map(text -> PlacementWish.parse(text, true)).orElse(PlacementWish.AUTO));
    }

    /** As {@link #find(DecoderGraph, Optional)}, with a wish for each stage. */
    public static Placement find(DecoderGraph graph, PlacementWish wish) {
        return new Planner(graph, wish).plan();
    }

    /** What runs a stage; embeddings run as prefill does. */
    public StagePlacement stage(Stage stage) {
        return stages.stream().filter(placed -> placed.stage() == stage).findFirst().orElse(stages.getFirst());
    }

    /** What runs decode, or the first layers of it: the place that a model has where only one can be named. */
    public ComputeBackend backend() {
        return stage(Stage.DECODE).division().shares().getFirst().backend();
    }

    /** What was not taken for any stage, each once. */
    public List<Rejection> rejections() {
        return stages.stream().flatMap(stage -> stage.rejections().stream()).distinct().toList();
    }

    /** All backends that compute, each once. */
    public List<ComputeBackend> backends() {
        return stages.stream().flatMap(stage -> stage.division().backends().stream()).distinct().toList();
    }

    /** The ways in which the network is divided, each once: as many decoders are compiled. */
    public List<Division> divisions() {
        return stages.stream().map(StagePlacement::division).distinct().toList();
    }

    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        if (divisions().size() == 1) {
            parts.add(describe(divisions().getFirst()));
        } else {
            stages.forEach(stage -> parts.add("%s: %s".formatted(PlacementWish.name(stage.stage()), describe(stage
                    .division()))));
        }
        String others = rejections().isEmpty()
                ? ""
                : rejections().stream().map(rejection -> rejection.backend() + ": " + rejection.reason())
                        .collect(Collectors.joining("; ", " (not ", ")"));
        return String.join(", ", parts) + others;
    }

    private static String describe(Division division) {
        return "%s on %s".formatted(division, division.devices());
    }
}
