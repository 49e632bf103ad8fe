package io.github.jnpu.benchmarks;

import io.github.jnpu.engine.backend.cpu.Kernels;
import io.github.jnpu.engine.backend.vector.VectorBackend;

/** Chooses how many bits the kernels' vectors have, which a JVM can do once. */
final class VectorWidth {
    /** The parameter's value that leaves the choice to the engine. */
    static final String PREFERRED = "preferred";
    private static final String PROPERTY = "jnpu.vector.bits";

    private VectorWidth() {}

    /**
     * The vector kernels of a width.
     *
     * @param bits
     *            {@code 512}, {@code 256}, {@code 128} or {@link #PREFERRED}
     * @throws IllegalStateException
     *             if this JVM has chosen another width before: each width needs a fork of its own
     */
    static Kernels kernels(String bits) {
        if (!bits.equals(PREFERRED)) {
            System.setProperty(PROPERTY, bits);
        }
        VectorBackend backend = new VectorBackend();
        if (!bits.equals(PREFERRED) && !backend.device().contains(bits + " bit")) {
            throw new IllegalStateException(
                    "this JVM already runs %s; %s bits need a fork of their own (-f 1)".formatted(backend.device(),
                            bits));
        }
        return backend.kernels();
    }
}
