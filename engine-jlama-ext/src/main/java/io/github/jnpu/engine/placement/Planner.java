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
import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.DeviceReport;
import io.github.jnpu.probe.HardwareProbe;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds a place for each stage of a network. For one model and one thread; it may plan again when it has learnt more. */
final class Planner {
    private static final List<Stage> STAGES = List.of(Stage.PREFILL, Stage.DECODE);

    /** What a target came to: a backend, or the reasons why there is none. */
    private record Resolution(Optional<ComputeBackend> backend, List<Rejection> rejections) {}

    private record Candidate(ComputeBackend backend, int score) {}

    private final DecoderGraph graph;
    private final PlacementWish wish;
    private final List<ComputeBackend> installed = new ArrayList<>();
    /** By what users write. One object for each device, so that stages on the same one share what is compiled for it. */
    private final Map<String, ComputeBackend> devices = new LinkedHashMap<>();
    private final Map<Stage, Map<String, String>> excluded = new HashMap<>();
    private final Supplier<DeviceReport> machine;
    private boolean allDevicesKnown;

    Planner(DecoderGraph graph, PlacementWish wish) {
        this(graph, wish, load(), new MachineReport());
    }

    Planner(DecoderGraph graph, PlacementWish wish, List<ComputeBackend> backends, Supplier<DeviceReport> machine) {
        this.graph = graph;
        this.wish = wish;
        this.machine = machine;
        installed.addAll(backends);
        installed.forEach(backend -> devices.putIfAbsent(backend.target(), backend));
    }

    private static List<ComputeBackend> load() {
        return ServiceLoader.load(ComputeBackend.class, ComputeBackend.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get).toList();
    }

    /** The machine as it is when it is first asked for. */
    private static final class MachineReport implements Supplier<DeviceReport> {
        private DeviceReport report;

        @Override
        public DeviceReport get() {
            if (report == null) {
                report = HardwareProbe.local().report();
            }
            return report;
        }
    }

    /** Leaves a target out for a stage from now on. */
    void exclude(Stage stage, String target, String reason) {
        excluded.computeIfAbsent(stage, _ -> new HashMap<>()).putIfAbsent(target, reason);
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
        unmet.forEach((complaint, stagesElsewhere) -> warnings.add("%s; %s run elsewhere".formatted(complaint,
                stagesElsewhere.stream().map(PlacementWish::name).collect(Collectors.joining(" and ")))));
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
            throw new BackendException("no backend can run this model: " + describe(rejections.values()));
        }
        String complaint = String.join("; ", complaints);
        if (wish.strict()) {
            throw new BackendException(complaint);
        }
        unmet.computeIfAbsent(complaint, _ -> new ArrayList<>()).add(stage);
        Division best = divide(StageWish.AUTO.alternatives().getFirst(), stage, rejections, complaints)
                .orElseThrow(() -> new BackendException("no backend can run this model: " + describe(rejections
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
            Resolution resolution = resolve(wanted.target(), stage, whole ? graph : counted.part(from, to));
            resolution.rejections()
                    .forEach(rejection -> rejections.putIfAbsent(rejection.backend(), rejection));
            if (resolution.backend().isEmpty()) {
                complaints.add(complaint(wanted.target(), resolution.rejections()));
                return Optional.empty();
            }
            shares.add(new Division.Share(resolution.backend().get(), from, to));
            from = to;
        }
        return Optional.of(new Division(shares, split.halves()));
    }

    /** The best of what a target means. */
    private Resolution resolve(Target target, Stage stage, DecoderGraph part) {
        List<Rejection> rejections = new ArrayList<>();
        List<Candidate> candidates = new ArrayList<>();
        for (ComputeBackend backend : meant(target)) {
            String reason = excluded.getOrDefault(stage, Map.of()).get(backend.target());
            if (reason == null) {
                reason = SetAside.reason(backend.target()).orElse(null);
            }
            if (reason != null) {
                rejections.add(new Rejection(backend.target(), reason));
                continue;
            }
            switch (backend.suitability(part, stage)) {
                case Suitability.Unsuitable(String why) -> rejections.add(new Rejection(backend.target(), why));
                case Suitability.Suitable(int score) -> {
                    // Those with nothing are for who asks for them by name.
                    if (score > 0 || !target.isAuto() && target.sort().isEmpty()) {
                        candidates.add(new Candidate(backend, score));
                    }
                }
            }
        }
        Optional<ComputeBackend> best = candidates.stream().max(Comparator.comparingInt(Candidate::score))
                .map(Candidate::backend);
        return new Resolution(best, rejections);
    }

    private List<ComputeBackend> meant(Target target) {
        if (target.device().isPresent()) {
            return List.of(devices.computeIfAbsent(target.toString(),
                    _ -> named(target.name()).on(target.device().get())));
        }
        if (!target.isAuto() && target.sort().isEmpty()) {
            return List.of(named(target.name()));
        }
        findDevices();
        return devices.values().stream().filter(target::means).toList();
    }

    private ComputeBackend named(String name) {
        return installed.stream().filter(backend -> backend.name().equals(name)).findFirst()
                .orElseThrow(
                        () -> new BackendException("there is no backend '%s'; known are %s, and auto, cpu, gpu, npu"
                                .formatted(name,
                                        installed.stream().map(ComputeBackend::name).collect(Collectors.joining(
                                                ", ")))));
    }

    private void findDevices() {
        if (!allDevicesKnown) {
            allDevicesKnown = true;
            for (ComputeBackend backend : installed) {
                backend.devices(machine).forEach(device -> devices.putIfAbsent(device.target(), device));
            }
        }
    }

    /** Why the others do not run a stage that has found its place. */
    private void explainOthers(Stage stage, StageWish stageWish, Division division,
            Map<String, Rejection> rejections) {
        List<String> taken = division.backends().stream().map(ComputeBackend::target).toList();
        for (ComputeBackend backend : devices.values()) {
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

    private String complaint(Target target, List<Rejection> rejections) {
        if (target.sort().isPresent()) {
            return "no %s can run this model: %s".formatted(target.sort().get(),
                    rejections.isEmpty() ? missing(target.sort().get()) : describe(rejections));
        }
        return "backend '%s' cannot run this model: %s".formatted(target,
                rejections.stream().map(Rejection::reason).findFirst().orElse("it declines"));
    }

    /** Why there is no candidate of some sort: what the probe says of the machine. */
    private String missing(Acceleration sort) {
        List<Device> found = switch (sort) {
            case CPU -> List.of();
            case GPU -> machine.get().gpus();
            case NPU -> Stream.concat(machine.get().npus().stream(), machine.get().accelerators().stream()).toList();
        };
        if (found.isEmpty()) {
            return "this machine has none ('jnpu devices' lists what it has); ask for cpu or auto, or allow a fallback";
        }
        return found.stream().map(Planner::whyNot).collect(Collectors.joining("; "));
    }

    private static String whyNot(Device device) {
        return device.checks().stream().filter(check -> check.status() == Check.Status.FAILED).findFirst()
                .map(check -> "%s (%s): %s, %s".formatted(device.id(), device.name(), check.evidence(), check.remedy()))
                .orElse("%s (%s): no installed backend reaches it; add com.microsoft.onnxruntime:onnxruntime or name a build of it that has a provider for it"
                        .formatted(device.id(), device.name()));
    }

    private static String describe(Iterable<Rejection> rejections) {
        List<String> parts = new ArrayList<>();
        rejections.forEach(rejection -> parts.add(rejection.backend() + ": " + rejection.reason()));
        return String.join("; ", parts);
    }

    /**
     * The best of what is jnpu's own: it needs no check, so it is what others are compared with and what goes on when they fail.
     *
     * @throws BackendException
     *             if there is none
     */
    ComputeBackend own() {
        return installed.stream().filter(backend -> !backend.needsSelfCheck())
                .flatMap(backend -> backend.suitability(graph, Stage.DECODE) instanceof Suitability.Suitable(int score)
                        && score > 0 ? Stream.of(new Candidate(backend, score)) : Stream.empty())
                .max(Comparator.comparingInt(Candidate::score)).map(Candidate::backend)
                .orElseThrow(() -> new BackendException("no backend of jnpu's own can run this model"));
    }
}
