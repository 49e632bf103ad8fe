package io.github.jnpu.engine.placement;

import io.github.jnpu.engine.backend.Decoder.NodeCounts;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.placement.Placement.Rejection;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Where a model runs at this moment, stage by stage, and why not elsewhere: what logs, {@code jnpu ps --verbose} and {@code /api/hardware} tell.
 *
 * @param warnings
 *            what was wished and is not so, one line each; devices that failed on the way among them
 */
public record PlacementReport(List<StageReport> stages, List<String> warnings) {

    /**
     * One stage.
     *
     * @param target
     *            as users write it: {@code onnxruntime:webgpu}, {@code vector}
     * @param device
     *            for people
     * @param deviceId
     *            as the probe's report names it, or the backend where the probe does not know it
     * @param acceleration
     *            {@code CPU}, {@code GPU}, {@code NPU}; several where the stage is divided
     * @param reason
     *            why it runs here
     * @param precision
     *            number formats; empty if they are those of the file
     * @param nodes
     *            of the compiled graph, on the device and elsewhere
     * @param selfCheck
     *            how it compared with jnpu's own code; empty where that was not needed
     * @param memoryBytes
     *            weights, a full KV cache and buffers; stages that share a device say the same memory
     * @param tokens
     *            since the model was loaded
     * @param tokensPerSecond
     *            lately; 0 before the first
     * @param movedTokens
     *            whose keys and values came from another stage's device, through host memory
     * @param moveSeconds
     *            what that took
     * @param rejections
     *            what does not run it
     */
    public record StageReport(Stage stage, String target, String device, String deviceId, String acceleration,
            String reason, String precision, Optional<NodeCounts> nodes, Optional<String> selfCheck, long memoryBytes,
            long tokens, double tokensPerSecond, long movedTokens, long movedBytes, double moveSeconds,
            List<Rejection> rejections) {

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("%s on %s: %s".formatted(PlacementWish.name(stage), target, device));
            nodes.ifPresent(counts -> text.append(", %d of %d nodes there".formatted(counts.onDevice(), counts
                    .onDevice() + counts.elsewhere())));
            if (!precision.isEmpty()) {
                text.append(", ").append(precision);
            }
            text.append(String.format(Locale.ROOT, ", %d MB", memoryBytes / 1_000_000));
            if (tokensPerSecond > 0) {
                text.append(String.format(Locale.ROOT, ", %.1f tokens/s", tokensPerSecond));
            }
            if (movedTokens > 0) {
                text.append(String.format(Locale.ROOT, ", %d tokens of KV cache moved here (%.1f MB in %.1f ms)",
                        movedTokens, movedBytes / 1e6, moveSeconds * 1e3));
            }
            text.append("; ").append(reason);
            selfCheck.ifPresent(check -> text.append("; self-check: ").append(check));
            return text.toString();
        }
    }
}
