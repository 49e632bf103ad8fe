package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.EncoderGraph;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.Encoder;
import io.github.jnpu.engine.backend.EncoderOptions;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;
import io.github.jnpu.engine.backend.cpu.CpuDecoder;
import io.github.jnpu.engine.backend.cpu.CpuEncoder;
import io.github.jnpu.engine.backend.cpu.Kernels;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** The CPU's vector units through {@code jdk.incubator.vector}. */
public final class VectorBackend implements ComputeBackend {
    private static final Logger LOGGER = System.getLogger(VectorBackend.class.getName());
    private static final String MODULE = "jdk.incubator.vector";
    private static final int SCORE = 100;
    private static final String REMEDY = "the Vector API is switched off: start Java with --add-modules " + MODULE;
    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private static boolean isModulePresent() {
        return ModuleLayer.boot().findModule(MODULE).isPresent();
    }

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public String device() {
        return isModulePresent()
                ? "CPU (Vector API, %d bit)".formatted(Lanes.FLOAT.vectorBitSize())
                : "CPU (Vector API)";
    }

    @Override
    public Suitability suitability(DecoderGraph graph, Stage stage) {
        return complaint().<Suitability>map(Suitability.Unsuitable::new)
                .orElseGet(() -> CpuDecoder.refusal(graph, new VectorKernels())
                        .<Suitability>map(Suitability.Unsuitable::new)
                        .orElseGet(() -> new Suitability.Suitable(SCORE)));
    }

    /** What is wrong with this JVM, also said once in the log; empty if nothing is. */
    private static Optional<String> complaint() {
        Optional<String> complaint = isModulePresent() ? VectorCompiler.complaint() : Optional.of(REMEDY);
        if (complaint.isPresent() && WARNED.compareAndSet(false, true)) {
            LOGGER.log(Level.WARNING, "{0}. Until then models run on scalar code, some twenty times slower.",
                    complaint.get());
        }
        return complaint;
    }

    @Override
    public Suitability suitability(EncoderGraph graph) {
        return complaint().<Suitability>map(Suitability.Unsuitable::new)
                .orElseGet(() -> CpuEncoder.refusal(graph, new VectorKernels())
                        .<Suitability>map(Suitability.Unsuitable::new)
                        .orElseGet(() -> new Suitability.Suitable(SCORE)));
    }

    @Override
    public Encoder compile(EncoderGraph graph, EncoderOptions options) {
        return new CpuEncoder(graph, new VectorKernels(), options);
    }

    /**
     * The arithmetic by itself, for whoever measures it or walks a graph of his own.
     *
     * @throws BackendException
     *             if the Vector API is switched off
     */
    public Kernels kernels() {
        if (!isModulePresent()) {
            throw new BackendException(REMEDY);
        }
        return new VectorKernels();
    }

    @Override
    public MemoryEstimate estimate(DecoderGraph graph, DecoderOptions options, int contextLength) {
        return CpuDecoder.estimate(graph, new VectorKernels(), options, contextLength);
    }

    @Override
    public Decoder compile(DecoderGraph graph, DecoderOptions options) {
        return new CpuDecoder(graph, new VectorKernels(), options);
    }
}
