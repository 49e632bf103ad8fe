package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.tensor.operations.TensorOperationsProvider;
import com.github.tjake.jlama.util.PhysicalCoreExecutor;
import io.github.jnpu.engine.backend.BackendException;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** What jlama has once in a JVM: the kernels and the thread pool. */
final class JlamaRuntime {
    private static final Logger LOGGER = System.getLogger(JlamaRuntime.class.getName());
    private static final String FORCE_VECTOR_API = "jlama.force_panama_tensor_operations";

    private JlamaRuntime() {}

    /**
     * Starts jlama's pool; only the first caller decides how many threads it has.
     *
     * @throws BackendException
     *             if it runs with another number of threads already
     */
    static synchronized void start(int threads) {
        int processors = Runtime.getRuntime().availableProcessors();
        if (threads > processors) {
            throw new BackendException(
                    "jlama uses one thread per processor at most: %d asked for, there are %d".formatted(threads,
                            processors));
        }
        if (System.getProperty(FORCE_VECTOR_API) == null) {
            System.setProperty(FORCE_VECTOR_API, "true");
        }
        try {
            PhysicalCoreExecutor.overrideThreadCount(threads);
        } catch (IllegalStateException alreadyStarted) {
            LOGGER.log(Level.DEBUG, "jlama's pool runs already", alreadyStarted);
        }
        int running = threads();
        if (running != threads) {
            throw new BackendException("jlama's thread pool has %d threads already, which cannot become %d in this JVM"
                    .formatted(running, threads));
        }
        LOGGER.log(Level.INFO, () -> "jlama computes with %s, %d threads".formatted(kernels(), threads));
    }

    /** How many threads its pool has; starts it if nothing has. */
    static int threads() {
        return PhysicalCoreExecutor.instance.get().getCoreCount();
    }

    /** The name of the kernels in use. */
    static String kernels() {
        return TensorOperationsProvider.get().name();
    }
}
