package io.github.jnpu.server.hardware;

import io.github.jnpu.engine.backend.Decoder.NodeCounts;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.placement.Placement.Rejection;
import io.github.jnpu.engine.placement.PlacementReport;
import io.github.jnpu.engine.placement.PlacementReport.StageReport;
import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.DeviceReport;
import io.github.jnpu.server.model.LoadedModels;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where a model in memory runs, and why not elsewhere.
 *
 * @param name
 *            of the model
 * @param stages
 *            what runs each stage of the work
 * @param warnings
 *            what was asked for and is not so
 * @param notUsed
 *            backends and devices that run no stage of it
 * @param memory
 *            when a text fills the context, in bytes
 */
public record ModelPlacement(String name, List<StagePlacement> stages, List<String> warnings, List<NotUsed> notUsed,
        ModelMemory memory, int threads, int contextLength) {
    /**
     * A stage and what runs it.
     *
     * @param backend
     *            as users write it: {@code onnxruntime:webgpu}
     * @param reason
     *            why it runs here
     * @param precision
     *            number formats, where they are not those of the file
     * @param nodesOnDevice
     *            of a graph that the device's runtime has compiled
     * @param selfCheck
     *            how its logits compared with the CPU's
     * @param tokensPerSecond
     *            lately; 0 before the first
     * @param movedTokens
     *            whose keys and values came from another device
     */
    public record StagePlacement(String stage, String backend, String deviceId, String accelerationType, String device,
            String reason, String precision, Optional<Integer> nodesOnDevice, Optional<Integer> nodesElsewhere,
            Optional<String> selfCheck, long memoryBytes, long tokens, double tokensPerSecond, long movedTokens,
            long movedBytes, double moveSeconds, List<NotUsed> notUsed) {
        static StagePlacement of(StageReport report) {
            return new StagePlacement(report.stage().name().toLowerCase(Locale.ROOT), report.target(), report
                    .deviceId(), report.acceleration(), report.device(), report.reason(), report.precision(),
                    report.nodes().map(NodeCounts::onDevice), report.nodes().map(NodeCounts::elsewhere), report
                            .selfCheck(),
                    report.memoryBytes(), report.tokens(), rounded(report.tokensPerSecond(), 100), report
                            .movedTokens(),
                    report.movedBytes(), rounded(report.moveSeconds(), 1e6),
                    report.rejections().stream().map(NotUsed::of).toList());
        }

        private static double rounded(double value, double steps) {
            return Math.round(value * steps) / steps;
        }
    }

    /**
     * A backend or device that has nothing to do, by its name in the report.
     */
    public record NotUsed(String name, String reason) {
        static NotUsed of(Rejection rejection) {
            return new NotUsed(rejection.backend(), rejection.reason());
        }
    }

    /** Memory in bytes. */
    public record ModelMemory(long weightBytes, long cacheBytes, long bufferBytes, long totalBytes) {
        static ModelMemory of(MemoryEstimate estimate) {
            return new ModelMemory(estimate.weightBytes(), estimate.cacheBytes(), estimate.bufferBytes(),
                    estimate.residentBytes());
        }
    }

    /** The stages of a model and what they say. */
    public static List<StagePlacement> stages(PlacementReport report) {
        return report.stages().stream().map(StagePlacement::of).toList();
    }

    static ModelPlacement of(LoadedModels.Status status, DeviceReport machine) {
        PlacementReport report = status.report();
        List<String> used = report.stages().stream()
                .flatMap(stage -> Stream.of(stage.target(), stage.deviceId())).toList();
        List<NotUsed> notUsed = new ArrayList<>();
        status.placement().rejections().stream().filter(rejection -> !used.contains(rejection.backend()))
                .forEach(rejection -> notUsed.add(NotUsed.of(rejection)));
        Stream.of(machine.npus(), machine.gpus(), machine.accelerators()).flatMap(List::stream)
                .filter(device -> !used.contains(device.id()))
                .forEach(device -> notUsed.add(new NotUsed(device.id(), whyNot(device))));
        return new ModelPlacement(status.model().name().shortName(), stages(report), report.warnings(), notUsed,
                ModelMemory.of(status.memory()), status.threads(), status.contextLength());
    }

    /** What stands against a device: a check that failed, or that no backend reaches it. */
    static String whyNot(Device device) {
        return device.checks().stream().filter(check -> check.status() == Check.Status.FAILED).findFirst()
                .map(check -> "%s: %s".formatted(check.name(), check.evidence()))
                .orElse("no installed backend reaches it");
    }
}
