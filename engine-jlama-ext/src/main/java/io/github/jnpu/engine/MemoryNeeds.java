package io.github.jnpu.engine;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.probe.HardwareProbe;
import io.github.jnpu.probe.Memory;

import java.lang.System.Logger.Level;

/**
 * What a model will take, beside what there is.
 *
 * @param weightBytes
 *            of all tensors
 * @param availableBytes
 *            the memory that processes can still have, page cache included; 0 if unknown
 * @param copied
 *            whether the weights leave the page cache
 */
record MemoryNeeds(long weightBytes, long availableBytes, boolean copied) {
    /** For the KV cache, the JVM and everybody else. */
    private static final long MARGIN = 256L << 20;

    static MemoryNeeds of(ModelSource source, ModelOptions options) {
        Memory memory = HardwareProbe.local().memory();
        return new MemoryNeeds(WeightReader.weightBytes(source.tensors()), memory.availableBytes(),
                !options.useMmap());
    }

    boolean fits() {
        return availableBytes == 0 || weightBytes + MARGIN <= availableBytes;
    }

    /**
     * Says if the weights do not fit: it is no error, as the system reads mapped pages again when it has dropped them.
     *
     * @return whether they fit, so that reading them ahead is of use
     */
    boolean check(String location) {
        if (fits()) {
            return true;
        }
        System.getLogger(LanguageModel.class.getName()).log(Level.WARNING,
                "%s: %d MB of weights, but only %d MB of memory are free: %s".formatted(location,
                        weightBytes / 1_000_000, availableBytes / 1_000_000,
                        copied
                                ? "copying them (use_mmap is false) may fail"
                                : "they stay in the file's layout and the system will read it again and again, which is slow; free memory or take a smaller model"));
        return false;
    }
}
