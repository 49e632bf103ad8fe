package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.backend.PackListener;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.placement.Placement.StagePlacement;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Brings a network onto its devices: plans, compiles, compares logits with jnpu's own, measures where nobody said what to take, and plans again
 * without what did not prove itself. For one model and one thread.
 */
public final class Deployment {
    private static final Logger LOGGER = System.getLogger(Deployment.class.getName());
    /** Changes with what checks and measurements mean. */
    private static final String FINDINGS = "1";

    private final PlacementWish wish;
    private final Planner planner;
    private final Optional<String> modelIdentity;
    private final PlacementMemory memory;
    private Placement placement;

    // While it compiles:
    private DecoderGraph graph;
    private DecoderOptions options;
    private int contextLength;
    private final Map<Division, PlacedEngine> engines = new HashMap<>();
    private float[][] ownLogits;
    private Optional<Calibration> ownRates = Optional.empty();

    /** A device did not prove itself for some stages. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Division division;
        private final transient List<Stage> stages;

        private Refused(Division division, List<Stage> stages, String reason, Throwable cause) {
            super(reason, cause);
            this.division = division;
            this.stages = stages;
        }
    }

    /**
     * Plans.
     *
     * @param modelIdentity
     *            what changes when the model's weights do; empty if nothing is to be remembered about it
     * @throws BackendException
     *             as {@link Placement#find(DecoderGraph, PlacementWish)}
     */
    public Deployment(DecoderGraph graph, PlacementWish wish, Optional<String> modelIdentity, PlacementMemory memory) {
        this(new Planner(graph, wish), wish, modelIdentity, memory);
    }

    Deployment(Planner planner, PlacementWish wish, Optional<String> modelIdentity, PlacementMemory memory) {
        this.wish = wish;
        this.planner = planner;
        this.modelIdentity = modelIdentity;
        this.memory = memory;
        this.placement = planner.plan();
    }

    /** As planned so far. */
    public Placement placement() {
        return placement;
    }

    /**
     * Leaves devices that nobody asked for out, if what they take does not fit into memory beside the rest.
     *
     * @param estimate
     *            what a placement takes
     * @param availableBytes
     *            0 if unknown
     */
    public void fit(Function<Placement, MemoryEstimate> estimate, long availableBytes) {
        while (availableBytes > 0 && estimate.apply(placement).peakBytes() > availableBytes) {
            Optional<StagePlacement> foreign = placement.stages().stream()
                    .filter(stage -> wish.of(stage.stage()).isAuto() && stage.division().needsSelfCheck()).findFirst();
            if (foreign.isEmpty()) {
                return;
            }
            exclude(foreign.get().division(), List.of(foreign.get().stage()), String.format(Locale.ROOT,
                    "memory: the model would take %.1f GB, %.1f GB are free", estimate.apply(placement).peakBytes()
                            / 1e9,
                    availableBytes / 1e9));
        }
    }

    private void exclude(Division division, List<Stage> stages, String reason) {
        for (Stage stage : stages) {
            division.backends().stream().filter(ComputeBackend::needsSelfCheck)
                    .forEach(backend -> planner.exclude(stage, backend.target(), reason));
        }
        placement = planner.plan();
    }

    /**
     * Compiles the network for every device that is planned.
     *
     * @param compiled
     *            the same network as was planned for; its tensors may lie elsewhere by now
     * @param contextLength
     *            tokens that a text may have, for what is reported of memory
     * @throws BackendException
     *             if a device refuses and nothing else is allowed or left
     */
    public PlacedDecoder compile(DecoderGraph compiled, DecoderOptions decoderOptions, int contextLength) {
        this.graph = compiled;
        this.options = decoderOptions;
        this.contextLength = contextLength;
        try {
            while (true) {
                try {
                    Map<Stage, PlacedEngine> placed = new EnumMap<>(Stage.class);
                    for (StagePlacement stage : placement.stages()) {
                        placed.put(stage.stage(), prove(stage));
                    }
                    engines.values().stream().filter(engine -> !placed.containsValue(engine))
                            .forEach(PlacedEngine::close);
                    placement.warnings().forEach(warning -> LOGGER.log(Level.WARNING, "model ''{0}'': {1}", graph
                            .config().name(), warning));
                    return new PlacedDecoder(graph, placement, placed, wish.strict(), this::openOwn);
                } catch (Refused refused) {
                    giveUp(refused);
                }
            }
        } catch (RuntimeException | Error e) {
            engines.values().forEach(PlacedEngine::close);
            throw e;
        }
    }

    private void giveUp(Refused refused) {
        boolean wished = refused.stages.stream().anyMatch(stage -> !wish.of(stage).isAuto());
        String message = "model '%s' does not run on %s (%s): %s".formatted(graph.config().name(), refused.division,
                refused.stages.stream().map(PlacementWish::name).collect(Collectors.joining(", ")),
                refused.getMessage());
        if (wished && wish.strict()) {
            throw refused.getCause() instanceof BackendException cause ? cause : new BackendException(message);
        }
        // Where a wish stays unmet, the next plan has a warning with this reason.
        LOGGER.log(Level.INFO, message);
        exclude(refused.division, refused.stages, refused.getMessage());
    }

    /** Every stage that a division runs. */
    private List<Stage> stagesOf(Division division) {
        return placement.stages().stream().filter(stage -> stage.division().equals(division))
                .map(StagePlacement::stage).toList();
    }

    private PlacedEngine prove(StagePlacement stage) throws Refused {
        Division division = stage.division();
        PlacedEngine engine = engines.get(division);
        if (engine == null) {
            engine = open(division);
            engines.put(division, engine);
        }
        if (division.needsSelfCheck() && wish.of(stage.stage()).isAuto()) {
            compareSpeed(stage, engine);
        }
        return engine;
    }

    private PlacedEngine open(Division division) throws Refused {
        Decoder decoder;
        try {
            decoder = compile(division, options);
        } catch (BackendException | LinkageError e) {
            if (!division.needsSelfCheck()) {
                throw e;
            }
            BackendException cause = e instanceof BackendException failure
                    ? failure
                    : new BackendException("%s: %s".formatted(division, e), e);
            throw new Refused(division, stagesOf(division), cause.getMessage(), cause);
        }
        try {
            Optional<String> verdict = division.needsSelfCheck()
                    ? Optional.of(check(division, decoder))
                    : Optional.empty();
            return new PlacedEngine(division, decoder, division.estimate(graph, options, contextLength), verdict);
        } catch (Refused | RuntimeException | Error e) {
            decoder.close();
            throw e;
        }
    }

    private Decoder compile(Division division, DecoderOptions settings) {
        if (division.isWhole()) {
            return division.shares().getFirst().backend().compile(graph, settings);
        }
        // A kept file holds all weights of the network, in this backend's layout.
        DecoderOptions partSettings = new DecoderOptions(settings.threads(), settings.cacheType(), settings.maxBatch(),
                settings.repack(), PackListener.NONE, Optional.empty());
        List<Decoder> parts = new ArrayList<>();
        try {
            for (Division.Share share : division.shares()) {
                parts.add(share.backend().compile(division.part(graph, share), partSettings));
            }
            return new SplitDecoder(graph, division, parts, partSettings);
        } catch (RuntimeException | Error e) {
            parts.forEach(Decoder::close);
            throw e;
        }
    }

    /** What jnpu has of its own: the reference for checks, and what takes over. */
    private PlacedEngine openOwn() {
        Division division = Division.whole(planner.own(), graph);
        DecoderOptions quiet = new DecoderOptions(options.threads(), options.cacheType(), options.maxBatch(),
                options.repack(), PackListener.NONE, options.packedFile());
        return new PlacedEngine(division, compile(division, quiet), division.estimate(graph, quiet, contextLength),
                Optional.empty());
    }

    private String check(Division division, Decoder decoder) throws Refused {
        String key = key("self-check", division);
        Optional<String> known = modelIdentity.flatMap(_ -> memory.get(key));
        if (known.isPresent() && known.get().startsWith("passed ")) {
            return known.get().substring("passed ".length());
        }
        // A failure is tried again at each load: drivers have bad days, and it costs a second.
        SelfCheck check;
        try {
            check = SelfCheck.compare(graph, ownLogits(), decoder);
        } catch (BackendException e) {
            throw new Refused(division, stagesOf(division), e.getMessage(), e);
        }
        LOGGER.log(Level.INFO, "model ''{0}'' on {1}: {2}", graph.config().name(), division, check);
        if (!check.passed()) {
            throw new Refused(division, stagesOf(division), check.toString(), null);
        }
        modelIdentity.ifPresent(_ -> memory.put(key, "passed " + check));
        return check.toString();
    }

    private String key(String what, Division division) {
        String versions = division.backends().stream().map(ComputeBackend::version).collect(Collectors.joining(", "));
        return String.join(" | ", FINDINGS, what, modelIdentity.orElse(""), division.toString(), versions, System
                .getProperty("os.arch"), Integer.toString(options.threads())).replaceAll("\\R", " ");
    }

    private float[][] ownLogits() {
        if (ownLogits == null) {
            ownLogits = onOwn(decoder -> SelfCheck.logits(graph, decoder));
        }
        return ownLogits;
    }

    /** With what is compiled already, or for the moment: weights stay in the file's layout then. */
    private <T> T onOwn(Function<Decoder, T> work) {
        Division own = Division.whole(planner.own(), graph);
        PlacedEngine present = engines.get(own);
        if (present != null) {
            return work.apply(present.decoder());
        }
        DecoderOptions passing = new DecoderOptions(options.threads(), options.cacheType(), options.maxBatch(), false,
                PackListener.NONE, Optional.empty());
        try (Decoder decoder = compile(own, passing)) {
            return work.apply(decoder);
        }
    }

    private void compareSpeed(StagePlacement stage, PlacedEngine engine) throws Refused {
        Calibration device = rates(stage.division(), engine.decoder());
        Calibration own = ownRates.orElseGet(() -> {
            Division division = Division.whole(planner.own(), graph);
            return modelIdentity.flatMap(_ -> remembered(key("calibration", division))).orElseGet(() -> {
                // As it would run: laid out anew, and kept if it is taken.
                Calibration measured = Calibration.measure(graph,
                        engines.computeIfAbsent(division, _ -> openOwn()).decoder());
                modelIdentity.ifPresent(_ -> memory.put(key("calibration", division), measured.toString()));
                return measured;
            });
        });
        ownRates = Optional.of(own);
        double there = device.tokensPerSecond(stage.stage());
        double here = own.tokensPerSecond(stage.stage());
        if (there < here) {
            throw new Refused(stage.division(), List.of(stage.stage()), String.format(Locale.ROOT,
                    "the CPU is faster: %.1f tokens/s against %.1f", here, there), null);
        }
    }

    private Calibration rates(Division division, Decoder decoder) throws Refused {
        String key = key("calibration", division);
        Optional<Calibration> known = modelIdentity.flatMap(_ -> remembered(key));
        if (known.isPresent()) {
            return known.get();
        }
        try {
            Calibration measured = Calibration.measure(graph, decoder);
            modelIdentity.ifPresent(_ -> memory.put(key, measured.toString()));
            return measured;
        } catch (BackendException e) {
            throw new Refused(division, stagesOf(division), e.getMessage(), e);
        }
    }

    private Optional<Calibration> remembered(String key) {
        try {
            return memory.get(key).map(Calibration::parse);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
