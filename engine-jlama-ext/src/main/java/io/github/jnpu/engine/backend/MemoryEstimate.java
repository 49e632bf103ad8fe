package io.github.jnpu.engine.backend;

import java.util.List;

/**
 * What a model takes of memory, worked out from its header before anything is loaded. In bytes.
 *
 * @param weightBytes
 *            of all tensors, as they lie in memory when the model is ready
 * @param cacheBytes
 *            of the KV caches when they are full; they grow with the texts
 * @param bufferBytes
 *            of what is computed on the way: activations, panels, scratch memory
 * @param compileBytes
 *            that are needed beside the rest while the model is made ready, and free again then
 */
public record MemoryEstimate(long weightBytes, long cacheBytes, long bufferBytes, long compileBytes) {
    /**
     * What a Java process of jnpu takes without a model: heap, code, classes and the pages of libraries that are in use. The peak of
     * {@code jnpu bench -m demo}, a model of 4 MB; what four models of 200 to 350 MB took beside their parts was 142 to 159 MB.
     */
    public static final long PROCESS_BYTES = 150_000_000;

    public MemoryEstimate {
        if (weightBytes < 0 || cacheBytes < 0 || bufferBytes < 0 || compileBytes < 0) {
            throw new IllegalArgumentException("%d, %d, %d, %d".formatted(weightBytes, cacheBytes, bufferBytes,
                    compileBytes));
        }
    }

    /**
     * The same model on a runtime that copies weights while it compiles: ONNX Runtime and OpenVINO hold the file's and their own until they
     * are done.
     */
    public MemoryEstimate withCopyWhileCompiling() {
        return new MemoryEstimate(weightBytes, cacheBytes, bufferBytes, Math.max(compileBytes, weightBytes));
    }

    /** The same for several texts at the same time, each with a KV cache of its own. */
    public MemoryEstimate withTexts(int texts) {
        return new MemoryEstimate(weightBytes, Math.multiplyExact(cacheBytes, (long) texts), bufferBytes, compileBytes);
    }

    /** Of several decoders in memory together. They are made ready one after the other. */
    public static MemoryEstimate sum(List<MemoryEstimate> parts) {
        return new MemoryEstimate(parts.stream().mapToLong(MemoryEstimate::weightBytes).sum(),
                parts.stream().mapToLong(MemoryEstimate::cacheBytes).sum(),
                parts.stream().mapToLong(MemoryEstimate::bufferBytes).sum(),
                parts.stream().mapToLong(MemoryEstimate::compileBytes).max().orElse(0));
    }

    /** When the model is ready and a text fills the context; the process comes on top. */
    public long residentBytes() {
        return weightBytes + cacheBytes + bufferBytes;
    }

    /** At most at any time; the process comes on top. The cache is empty while the model is made ready. */
    public long peakBytes() {
        return weightBytes + bufferBytes + Math.max(cacheBytes, compileBytes);
    }
}
