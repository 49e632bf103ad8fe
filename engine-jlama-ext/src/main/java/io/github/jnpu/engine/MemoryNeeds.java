package io.github.jnpu.engine;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.placement.Deployment;
import io.github.jnpu.probe.HardwareProbe;
import io.github.jnpu.probe.Memory;

import java.lang.System.Logger.Level;

/**
 * What a model will take, beside what there is.
 *
 * @param availableBytes
 *            the memory that processes can still have, page cache included and a container's limit obeyed; 0 if unknown
 * @param copied
 *            whether the weights leave the page cache
 */
record MemoryNeeds(MemoryEstimate estimate, long availableBytes, boolean copied) {
    /** Leaves devices out that nobody asked for and for which there is no room; then what the rest needs. */
    static MemoryNeeds fit(Deployment deployment, DecoderGraph graph, ModelOptions options) {
        Memory memory = HardwareProbe.local().memory();
        deployment.fit(placement -> LanguageModel.estimate(graph, placement, options), memory.availableBytes());
        return new MemoryNeeds(LanguageModel.estimate(graph, deployment.placement(), options),
                memory.availableBytes(), !options.useMmap());
    }

    private boolean fits(long bytes) {
        return availableBytes == 0 || bytes <= availableBytes;
    }

    /**
     * Says what does not fit. It is no error: the system reads mapped pages again when it has dropped them, and texts may stay short.
     *
     * @return whether the weights fit, so that reading them ahead and laying them out anew is of use
     */
    boolean check(String location) {
        boolean weightsFit = fits(estimate.weightBytes() + estimate.bufferBytes() + estimate.compileBytes());
        if (!weightsFit || !fits(estimate.peakBytes())) {
            System.getLogger(LanguageModel.class.getName()).log(Level.WARNING,
                    "%s: %d MB of weights, %d MB of buffers and %d MB of KV cache when it is full, but only %d MB of memory are free: %s"
                            .formatted(location, megabytes(estimate.weightBytes()), megabytes(estimate.bufferBytes()),
                                    megabytes(estimate.cacheBytes()), megabytes(availableBytes), advice(weightsFit)));
        }
        return weightsFit;
    }

    private String advice(boolean weightsFit) {
        if (weightsFit) {
            return "use a shorter context (num_ctx) or a smaller type of KV cache (q8_0)";
        }
        return copied
                ? "copying them (use_mmap is false) may fail"
                : "they stay in the file's layout and the system will read it again and again, which is slow; free memory or take a smaller model";
    }

    private static long megabytes(long bytes) {
        return bytes / 1_000_000;
    }
}
