package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.placement.Placement.Rejection;
import io.github.jnpu.engine.placement.Placement.StagePlacement;
import io.github.jnpu.engine.placement.PlacementReport.StageReport;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A network with each stage on its device. When a device fails, what is jnpu's own takes its stages over, in the middle of a text if need be; the
 * device is set aside. {@link #report} and {@link #placement} may be called by any thread.
 */
public final class PlacedDecoder implements Decoder {
    private static final Logger LOGGER = System.getLogger(PlacedDecoder.class.getName());

    private final DecoderGraph graph;
    private final boolean strict;
    private final Supplier<PlacedEngine> fallback;
    private final Map<Stage, StageActivity> activities = new EnumMap<>(Stage.class);
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private volatile Map<Stage, PlacedEngine> engines;
    private volatile Placement placement;

    /**
     * @param engines
     *            for prefill and decode
     * @param strict
     *            whether a failure ends the text instead
     * @param fallback
     *            compiles what takes over
     */
    PlacedDecoder(DecoderGraph graph, Placement placement, Map<Stage, PlacedEngine> engines, boolean strict,
            Supplier<PlacedEngine> fallback) {
        this.graph = graph;
        this.placement = placement;
        this.engines = new EnumMap<>(engines);
        this.strict = strict;
        this.fallback = fallback;
        for (Stage stage : engines.keySet()) {
            activities.put(stage, new StageActivity());
        }
    }

    DecoderGraph graph() {
        return graph;
    }

    PlacedEngine engine(Stage stage) {
        return engines.get(stage);
    }

    StageActivity activity(Stage stage) {
        return activities.get(stage);
    }

    boolean uses(PlacedEngine engine) {
        return engines.containsValue(engine);
    }

    boolean hasReplaced() {
        return !failures.isEmpty();
    }

    /**
     * Puts the stages of an engine that has failed elsewhere.
     *
     * @throws BackendException
     *             if there is nothing else, or nothing else is allowed
     */
    void replace(PlacedEngine failed, Throwable failure) {
        if (!uses(failed)) {
            // Another text has noticed it before.
            return;
        }
        Division division = failed.division();
        if (strict || !division.needsSelfCheck()) {
            throw failure instanceof BackendException backend
                    ? backend
                    : new BackendException("%s: %s".formatted(division, failure), failure);
        }
        String reason = "failed while it ran: " + failure.getMessage();
        division.backends().stream().filter(ComputeBackend::needsSelfCheck)
                .forEach(backend -> SetAside.add(backend.target(), reason));
        PlacedEngine other = engines.values().stream().filter(engine -> !engine.division().needsSelfCheck()).findFirst()
                .orElseGet(fallback);
        String stages = engines.entrySet().stream().filter(entry -> entry.getValue() == failed)
                .map(entry -> PlacementWish.name(entry.getKey())).collect(Collectors.joining(" and "));
        String message = "%s %s; %s of model '%s' goes on on %s".formatted(division, reason, stages, graph.config()
                .name(), other.division());
        LOGGER.log(Level.WARNING, message);
        failures.add(message);
        placement = moved(division, other.division(), reason);
        Map<Stage, PlacedEngine> changed = new EnumMap<>(engines);
        changed.replaceAll((_, engine) -> engine == failed ? other : engine);
        engines = changed;
        failed.retire();
    }

    private Placement moved(Division from, Division to, String reason) {
        List<StagePlacement> stages = placement.stages().stream().map(stage -> {
            if (!stage.division().equals(from)) {
                return stage;
            }
            List<Rejection> rejections = Stream.concat(Stream.of(new Rejection(from.toString(), reason)), stage
                    .rejections().stream().filter(rejection -> !rejection.backend().equals(to.toString()))).toList();
            return new StagePlacement(stage.stage(), to, "what ran it before failed", rejections);
        }).toList();
        return new Placement(stages, placement.warnings());
    }

    /** What runs each stage now. */
    public Placement placement() {
        return placement;
    }

    /** What runs each stage now, with figures. */
    public PlacementReport report() {
        Map<Stage, PlacedEngine> current = engines;
        List<StageReport> stages = new ArrayList<>();
        for (StagePlacement placed : placement.stages()) {
            PlacedEngine engine = current.get(placed.stage());
            StageActivity activity = activities.get(placed.stage());
            List<ComputeBackend> backends = placed.division().backends();
            stages.add(new StageReport(placed.stage(), placed.division().toString(), placed.division().devices(),
                    backends.stream().map(ComputeBackend::deviceId).distinct().collect(Collectors.joining("+")),
                    backends.stream().map(ComputeBackend::acceleration).distinct().map(Acceleration::name)
                            .collect(Collectors.joining("+")),
                    placed.reason(), engine.decoder().precision(), engine.decoder().nodes(), engine.selfCheck(),
                    engine.memory().residentBytes(), activity.tokens(), activity.tokensPerSecond(),
                    activity.movedTokens(), activity.movedBytes(), activity.moveNanos() / 1e9, placed.rejections()));
        }
        return new PlacementReport(stages, Stream.concat(placement.warnings().stream(), failures.stream()).toList());
    }

    private Stream<Decoder> decoders() {
        return engines.values().stream().distinct().map(PlacedEngine::decoder);
    }

    @Override
    public DecoderSequence newSequence(int capacity) {
        return new PlacedSequence(this, capacity);
    }

    @Override
    public boolean decodesTogether() {
        return engine(Stage.DECODE).decoder().decodesTogether();
    }

    @Override
    public void decode(List<DecoderSequence> sequences, int[] tokens, float[][] logits) {
        PlacedEngine engine = engine(Stage.DECODE);
        List<DecoderSequence> held = new ArrayList<>(sequences.size());
        for (int i = 0; i < tokens.length; i++) {
            held.add(((PlacedSequence) sequences.get(i)).prepareNext(engine, tokens[i]));
        }
        long start = System.nanoTime();
        engine.decoder().decode(held, tokens, logits);
        activity(Stage.DECODE).ran(tokens.length, System.nanoTime() - start);
        sequences.forEach(sequence -> ((PlacedSequence) sequence).addNext());
    }

    @Override
    public int threads() {
        return decoders().mapToInt(Decoder::threads).max().orElse(1);
    }

    @Override
    public Optional<NodeCounts> nodes() {
        return engine(Stage.DECODE).decoder().nodes();
    }

    /** On all devices together. */
    @Override
    public long cacheBytesPerToken() {
        return decoders().mapToLong(Decoder::cacheBytesPerToken).sum();
    }

    @Override
    public long bufferBytes() {
        return decoders().mapToLong(Decoder::bufferBytes).sum();
    }

    @Override
    public void close() {
        engines.values().stream().distinct().forEach(PlacedEngine::close);
    }
}
