package io.github.jnpu.engine.backend.reference;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.EncoderGraph;
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

/** Plain Java loops on the CPU: runs everywhere, slowly. */
public final class ReferenceBackend implements ComputeBackend {
    private static final int SCORE = 1;

    private final Kernels kernels = new ScalarKernels();

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public String device() {
        return "CPU (scalar)";
    }

    @Override
    public Suitability suitability(DecoderGraph graph, Stage stage) {
        return CpuDecoder.refusal(graph, kernels).<Suitability>map(Suitability.Unsuitable::new)
                .orElseGet(() -> new Suitability.Suitable(SCORE));
    }

    @Override
    public MemoryEstimate estimate(DecoderGraph graph, DecoderOptions options, int contextLength) {
        return CpuDecoder.estimate(graph, new ScalarKernels(), options, contextLength);
    }

    @Override
    public Decoder compile(DecoderGraph graph, DecoderOptions options) {
        return new CpuDecoder(graph, kernels, options);
    }

    @Override
    public Suitability suitability(EncoderGraph graph) {
        return CpuEncoder.refusal(graph, kernels).<Suitability>map(Suitability.Unsuitable::new)
                .orElseGet(() -> new Suitability.Suitable(SCORE));
    }

    @Override
    public Encoder compile(EncoderGraph graph, EncoderOptions options) {
        return new CpuEncoder(graph, kernels, options);
    }
}
