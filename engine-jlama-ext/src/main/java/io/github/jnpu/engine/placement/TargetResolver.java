package io.github.jnpu.engine.placement;

import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;
import io.github.jnpu.engine.placement.Placement.Rejection;
import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.DeviceReport;
import io.github.jnpu.probe.HardwareProbe;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the backend that a {@link Target} means, among those that are installed. For one model and one thread; learns what to leave out. */
final class TargetResolver {

    /** What a target came to: a backend, or the reasons why there is none. */
    record Resolution(Optional<ComputeBackend> backend, List<Rejection> rejections) {}

    private record Candidate(ComputeBackend backend, int score) {}

    private final List<ComputeBackend> installed;
    /** By what users write. One object for each device, so that stages on the same one share what is compiled for it. */
    private final Map<String, ComputeBackend> devices = new LinkedHashMap<>();
    private final Map<Stage, Map<String, String>> excluded = new HashMap<>();
    private final Supplier<DeviceReport> machine;
    private boolean allDevicesKnown;

    TargetResolver() {
        this(ServiceLoader.load(ComputeBackend.class, ComputeBackend.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get).toList(), new MachineReport());
    }

    TargetResolver(List<ComputeBackend> installed, Supplier<DeviceReport> machine) {
        this.installed = List.copyOf(installed);
        this.machine = machine;
        installed.forEach(backend -> devices.putIfAbsent(backend.target(), backend));
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

    /** All devices that are known so far. */
    Collection<ComputeBackend> devices() {
        return devices.values();
    }

    /**
     * The best of what a target means.
     *
     * @param judge
     *            how well a backend can run what is to be placed
     * @throws BackendException
     *             if the target names a backend or a device that does not exist
     */
    Resolution resolve(Target target, Stage stage, Function<ComputeBackend, Suitability> judge) {
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
            switch (judge.apply(backend)) {
                case Suitability.Unsuitable(String why) -> rejections.add(new Rejection(backend.target(), why));
                case Suitability.Suitable(int score) -> {
                    // Those with nothing are for who asks for them by name.
                    if (score > 0 || !target.isAuto() && target.sort().isEmpty()) {
                        candidates.add(new Candidate(backend, score));
                    }
                }
            }
        }
        return new Resolution(best(candidates.stream()), rejections);
    }

    private static Optional<ComputeBackend> best(Stream<Candidate> candidates) {
        return candidates.max(Comparator.comparingInt(Candidate::score)).map(Candidate::backend);
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

    /**
     * The best of jnpu's own: it needs no check, so it is what others are compared with and what goes on when they fail.
     */
    Optional<ComputeBackend> own(Function<ComputeBackend, Suitability> judge) {
        return best(installed.stream().filter(backend -> !backend.needsSelfCheck())
                .flatMap(backend -> judge.apply(backend) instanceof Suitability.Suitable(int score) && score > 0
                        ? Stream.of(new Candidate(backend, score))
                        : Stream.empty()));
    }

    /** Why a target came to nothing, in one line. */
    String complaint(Target target, List<Rejection> rejections) {
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
        return found.stream().map(TargetResolver::whyNot).collect(Collectors.joining("; "));
    }

    private static String whyNot(Device device) {
        return device.checks().stream().filter(check -> check.status() == Check.Status.FAILED).findFirst()
                .map(check -> "%s (%s): %s, %s".formatted(device.id(), device.name(), check.evidence(), check.remedy()))
                .orElse("%s (%s): no installed backend reaches it; add com.microsoft.onnxruntime:onnxruntime or name a build of it that has a provider for it"
                        .formatted(device.id(), device.name()));
    }

    static String describe(Iterable<Rejection> rejections) {
        List<String> parts = new ArrayList<>();
        rejections.forEach(rejection -> parts.add(rejection.backend() + ": " + rejection.reason()));
        return String.join("; ", parts);
    }
}
