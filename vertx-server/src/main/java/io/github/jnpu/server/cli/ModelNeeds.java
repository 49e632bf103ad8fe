package io.github.jnpu.server.cli;

import io.github.jnpu.engine.backend.MemoryEstimate;

/**
 * What a model would take of memory, in bytes.
 *
 * @param processBytes
 *            of jnpu itself
 * @param totalBytes
 *            on the CPU, when a text fills the context
 * @param compiledPeakBytes
 *            through ONNX Runtime or OpenVINO, which hold the weights twice while they compile
 */
record ModelNeeds(String model, long weightBytes, long cacheBytes, long bufferBytes, long processBytes,
        long totalBytes, long compiledPeakBytes) {

    static ModelNeeds of(String model, MemoryEstimate estimate) {
        return new ModelNeeds(model, estimate.weightBytes(), estimate.cacheBytes(), estimate.bufferBytes(),
                MemoryEstimate.PROCESS_BYTES, estimate.peakBytes() + MemoryEstimate.PROCESS_BYTES,
                estimate.withCopyWhileCompiling().peakBytes() + MemoryEstimate.PROCESS_BYTES);
    }
}
