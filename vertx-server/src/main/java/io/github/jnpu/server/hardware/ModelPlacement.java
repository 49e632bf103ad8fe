package io.github.jnpu.server.hardware;

import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.placement.Placement;
import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.DeviceReport;
import io.github.jnpu.server.model.LoadedModels;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Where a model in memory runs, and why not elsewhere.
 *
 * @param name
 *            of the model
 * @param stages
 *            what runs each stage of the work
 * @param notUsed
 *            backends and devices that do not run it
 * @param memory
 *            when a text fills the context, in bytes
 */
public record ModelPlacement(String name, List<StagePlacement> stages, List<NotUsed> notUsed, ModelMemory memory,
        int threads, int contextLength) {
    /** A stage and what runs it. */
    public record StagePlacement(String stage, String backend, String deviceId, String accelerationType, String device,
            String reason) {}

    /**
     * A backend or device that has nothing to do, by its name in the report.
     */
    public record NotUsed(String name, String reason) {}

    /** Memory in bytes. */
    public record ModelMemory(long weightBytes, long cacheBytes, long bufferBytes, long totalBytes) {
        static ModelMemory of(MemoryEstimate estimate) {
            return new ModelMemory(estimate.weightBytes(), estimate.cacheBytes(), estimate.bufferBytes(),
                    estimate.residentBytes());
        }
    }

    static ModelPlacement of(LoadedModels.Status status, DeviceReport report) {
        Placement placement = status.placement();
        List<StagePlacement> stages = Stream.of(Stage.PREFILL, Stage.DECODE)
                .map(stage -> stage(stage, placement)).toList();
        List<NotUsed> notUsed = new ArrayList<>();
        placement.rejections().forEach(rejection -> notUsed.add(new NotUsed(rejection.backend(), rejection.reason())));
        Stream.of(report.npus(), report.gpus(), report.accelerators()).flatMap(List::stream)
                .filter(device -> !device.id().equals(placement.backend().deviceId()))
                .forEach(device -> notUsed.add(new NotUsed(device.id(), whyNot(device))));
        return new ModelPlacement(status.model().name().shortName(), stages, notUsed,
                ModelMemory.of(status.memory()), status.threads(), status.contextLength());
    }

    private static StagePlacement stage(Stage stage, Placement placement) {
        ComputeBackend backend = placement.backend();
        String reason = placement.rejections().isEmpty()
                ? "the only backend"
                : "the fastest of the backends that can run it";
        if (placement.rejections().stream().anyMatch(rejection -> rejection.reason().endsWith("was asked for"))) {
            reason = "it was asked for";
        }
        return new StagePlacement(stage.name().toLowerCase(Locale.ROOT), backend.name(), backend.deviceId(),
                backend.acceleration().name(), backend.device(), reason);
    }

    /** What stands against a device: a check that failed, or that no backend reaches it. */
    static String whyNot(Device device) {
        return device.checks().stream().filter(check -> check.status() == Check.Status.FAILED).findFirst()
                .map(check -> "%s: %s".formatted(check.name(), check.evidence()))
                .orElse("this version of jnpu has no backend for it");
    }
}
