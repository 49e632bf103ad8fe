package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;
import io.github.jnpu.engine.placement.Placement.Rejection;
import io.github.jnpu.engine.placement.Placement.StagePlacement;
import io.github.jnpu.engine.placement.StageWish.Split;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds a place for each stage of a network. For one model and one thread; it may plan again when it has learnt more. */
final class Planner {
    private static final List<Stage> STAGES = List.of(Stage.PREFILL, Stage.DECODE);

    private final DecoderGraph graph;
    private final PlacementWish wish;
    private final TargetResolver resolver;

    Planner(DecoderGraph graph, PlacementWish wish) {
        this(graph, wish, new TargetResolver());
    }

    Planner(DecoderGraph graph, PlacementWish wish, TargetResolver resolver) {
        this.graph = graph;
        this.wish = wish;
        this.resolver = resolver;
    }

    /** Leaves a target out for a stage from now on. */
    void exclude(Stage stage, String target, String reason) {
        resolver.exclude(stage, target, reason);
    }

    /**
     * Places every stage.
     *
     * @throws BackendException
     *             if a wish names something that does not exist, if it is strict and cannot be met, or if nothing can run the network
     */
    Placement plan() {
        List<StagePlacement> stages = new ArrayList<>();
        Map<String, List<Stage>> unmet = new LinkedHashMap<>();
        for (Stage stage : STAGES) {
            stages.add(place(stage, unmet));
        }
        List<String> warnings = new ArrayList<>();
        unmet.forEach((complaint, stagesElsewhere) -> warnings.add("%s; %s %s elsewhere".formatted(complaint,
                stagesElsewhere.stream().map(PlacementWish::name).collect(Collectors.joining(" and ")),
                stagesElsewhere.size() == 1 ? "runs" : "run")));
        return new Placement(stages, warnings);
    }

    private StagePlacement place(Stage stage, Map<String, List<Stage>> unmet) {
        StageWish stageWish = wish.of(stage);
        Map<String, Rejection> rejections = new LinkedHashMap<>();
        List<String> complaints = new ArrayList<>();
        for (Split split : stageWish.alternatives()) {
            Optional<Division> division = divide(split, stage, rejections, complaints);
            if (division.isPresent()) {
                explainOthers(stage, stageWish, division.get(), rejections);
                return new StagePlacement(stage, division.get(), reason(stageWish, division.get()),
                        List.copyOf(rejections.values()));
            }
        }
        if (stageWish.isAuto()) {
            throw new BackendException(
                    "no backend can run this model: " + TargetResolver.describe(rejections.values()));
        }
        String complaint = String.join("; ", complaints);
        if (wish.strict()) {
            throw new BackendException(complaint);
        }
        unmet.computeIfAbsent(complaint, _ -> new ArrayList<>()).add(stage);
        Division best = divide(StageWish.AUTO.alternatives().getFirst(), stage, rejections, complaints)
                .orElseThrow(() -> new BackendException(
                        "no backend can run this model: " + TargetResolver.describe(rejections
                                .values())));
        explainOthers(stage, StageWish.AUTO, best, rejections);
        return new StagePlacement(stage, best, "what was asked for cannot run it", List.copyOf(rejections.values()));
    }

    private static String reason(StageWish stageWish, Division division) {
        if (!stageWish.isAuto()) {
            return "it was asked for";
        }
        return division.backends().getFirst().acceleration() == Acceleration.CPU
                ? "the fastest that can run it"
                : "the usual place for this stage";
    }

    private Optional<Division> divide(Split split, Stage stage, Map<String, Rejection> rejections,
            List<String> complaints) {
        DecoderGraph counted = split.halves() ? graph.halves() : graph;
        int layers = counted.layers().size();
        List<Division.Share> shares = new ArrayList<>();
        int from = 0;
        int count = split.halves() ? layers : split.shares().size();
        for (int i = 0; i < count; i++) {
            StageWish.Share wanted = split.shares().get(i % split.shares().size());
            int to = split.halves() ? from + 1 : wanted.layers() == 0 ? layers : from + wanted.layers();
            if (to > layers || from >= to) {
                throw new BackendException("'%s' does not divide the %d layers of model '%s'".formatted(split, layers,
                        graph.config().name()));
            }
            boolean whole = from == 0 && to == layers;
            DecoderGraph part = whole ? graph : counted.part(from, to);
            TargetResolver.Resolution resolution = resolver.resolve(wanted.target(), stage,
                    backend -> backend.suitability(part, stage));
            resolution.rejections()
                    .forEach(rejection -> rejections.putIfAbsent(rejection.backend(), rejection));
            if (resolution.backend().isEmpty()) {
                complaints.add(resolver.complaint(wanted.target(), resolution.rejections()));
                return Optional.empty();
            }
            shares.add(new Division.Share(resolution.backend().get(), from, to));
            from = to;
        }
        return Optional.of(new Division(shares, split.halves()));
    }

    /** Why the others do not run a stage that has found its place. */
    private void explainOthers(Stage stage, StageWish stageWish, Division division,
            Map<String, Rejection> rejections) {
        List<String> taken = division.backends().stream().map(ComputeBackend::target).toList();
        for (ComputeBackend backend : resolver.devices()) {
            String target = backend.target();
            if (taken.contains(target) || rejections.containsKey(target)) {
                continue;
            }
            String why;
            if (!stageWish.isAuto()) {
                why = "'%s' was asked for".formatted(stageWish);
            } else if (backend.suitability(graph, stage) instanceof Suitability.Suitable(int score) && score == 0) {
                why = "only when asked for; '%s' is faster".formatted(division);
            } else {
                why = "'%s' is faster".formatted(division);
            }
            rejections.put(target, new Rejection(target, why));
        }
    }

    /**
     * The best of what is jnpu's own: it needs no check, so it is what others are compared with and what goes on when they fail.
     *
     * @throws BackendException
     *             if there is none
     */
    ComputeBackend own() {
        return resolver.own(backend -> backend.suitability(graph, Stage.DECODE))
                .orElseThrow(() -> new BackendException("no backend of jnpu's own can run this model"));
    }
}
