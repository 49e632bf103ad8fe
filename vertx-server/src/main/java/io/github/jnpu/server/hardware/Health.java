package io.github.jnpu.server.hardware;

import java.util.List;
import java.util.Optional;

/**
 * How the server is, for whoever watches it: the answer of {@code /health}.
 *
 * @param status
 *            {@code ok}; {@code busy} if no more requests are taken for models that are not loaded; {@code stopping}
 * @param live
 *            whether it need not be restarted
 * @param ready
 *            whether it takes requests
 * @param uptimeSeconds
 *            since the server started
 * @param models
 *            how many are in memory
 */
public record Health(String status, boolean live, boolean ready, String version, long uptimeSeconds, int models,
        Npu npu, MemoryUse memory) {
    /**
     * The neural processors.
     *
     * @param status
     *            {@code none} if the machine has none, {@code ready} if programs could use one, {@code unusable} if something stands against
     *            each of them
     * @param used
     *            whether a loaded model runs on one
     */
    public record Npu(String status, boolean used, List<NpuDevice> devices) {}

    /**
     * A neural processor.
     *
     * @param problem
     *            what stands against it; empty if nothing
     */
    public record NpuDevice(String id, String name, Optional<String> problem, Optional<String> remedy) {}

    /**
     * Memory in bytes.
     *
     * @param totalBytes
     *            what this process may use at most; a container's limit is obeyed; 0 if unknown
     * @param availableBytes
     *            what it could take now; 0 if unknown
     * @param modelBytes
     *            that the models in memory take, caches counted as full
     */
    public record MemoryUse(long totalBytes, long availableBytes, boolean limited, long heapUsedBytes,
            long heapMaxBytes, long modelBytes) {}
}
