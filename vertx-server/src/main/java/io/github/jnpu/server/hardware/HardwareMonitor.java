package io.github.jnpu.server.hardware;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.DeviceReport;
import io.github.jnpu.probe.HardwareProbe;
import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.server.model.LoadedModels;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Looks at the machine for a server, seldom enough that nobody can keep it busy with that. Thread-safe; the first look and each that is too old takes
 * some tens of milliseconds, two seconds at most.
 */
public final class HardwareMonitor {
    /** A report on demand is no older. */
    private static final Duration FRESH = Duration.ofSeconds(5);
    /** Drivers and libraries are not installed every minute. */
    private static final Duration RECENT = Duration.ofMinutes(1);

    private record Look(DeviceReport report, Instant takenAt) {}

    private final HardwareProbe probe;
    private final LoadedModels loaded;
    private final String version;
    private final Instant startedAt = Instant.now();
    private Look last;

    public HardwareMonitor(HardwareProbe probe, LoadedModels loaded, String version) {
        this.probe = probe;
        this.loaded = loaded;
        this.version = version;
    }

    private synchronized Look look(Duration maxAge) {
        Instant now = Instant.now();
        if (last == null || last.takenAt.plus(maxAge).isBefore(now)) {
            last = new Look(probe.report(), now);
        }
        return last;
    }

    /** The machine as it was within the last minute. */
    public DeviceReport recent() {
        return look(RECENT).report;
    }

    /** The version of the OpenVINO that programs would find; empty if there is none. */
    public String openvinoVersion() {
        return recent().runtimes().stream()
                .filter(runtime -> runtime.kind() == RuntimeLibrary.Kind.OPENVINO && !runtime.path().isEmpty())
                .map(RuntimeLibrary::version).findFirst().orElse("");
    }

    /** The machine and the models in memory. */
    public Hardware hardware() {
        Look look = look(FRESH);
        DeviceReport report = look.report;
        List<ModelPlacement> models = loaded.list().stream().map(status -> ModelPlacement.of(status, report)).toList();
        return new Hardware(look.takenAt.truncatedTo(ChronoUnit.SECONDS).toString(), version,
                Runtime.version().toString(), report.system(), List.of(report
                        .cpu()),
                probe.memory(), report.npus(), report.gpus(), report.accelerators(), report.runtimes(), models,
                report.unread(), report.conclusion());
    }

    /** How the server is. Memory is as of now, devices as of the last minute. */
    public Health health() {
        List<LoadedModels.Status> models = loaded.list();
        boolean ready = loaded.acceptsLoads();
        String status = ready ? "ok" : loaded.isClosing() ? "stopping" : "busy";
        return new Health(status, true, ready, version, Duration.between(startedAt, Instant.now()).toSeconds(),
                models.size(), npu(models), memory(models));
    }

    private Health.Npu npu(List<LoadedModels.Status> models) {
        List<Device> npus = recent().npus();
        boolean used = models.stream()
                .anyMatch(model -> npus.stream().anyMatch(npu -> model.placement().backends().stream()
                        .anyMatch(backend -> npu.id().equals(backend.deviceId()))));
        String status = npus.isEmpty() ? "none" : npus.stream().anyMatch(Device::usable) ? "ready" : "unusable";
        return new Health.Npu(status, used, npus.stream().map(HardwareMonitor::npu).toList());
    }

    private static Health.NpuDevice npu(Device device) {
        List<Check> failed = device.checks().stream().filter(check -> check.status() == Check.Status.FAILED).toList();
        return new Health.NpuDevice(device.id(), device.name(), failed.stream().map(Check::evidence).findFirst(),
                failed.stream().map(Check::remedy).findFirst());
    }

    private Health.MemoryUse memory(List<LoadedModels.Status> models) {
        Memory memory = probe.memory();
        Runtime runtime = Runtime.getRuntime();
        return new Health.MemoryUse(memory.totalBytes(), memory.availableBytes(), memory.limited(),
                runtime.totalMemory() - runtime.freeMemory(), runtime.maxMemory(),
                models.stream().mapToLong(LoadedModels.Status::memoryBytes).sum());
    }
}
