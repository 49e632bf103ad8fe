package io.github.jnpu.engine.jlama;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;

import java.util.Optional;

/**
 * jlama's own forward pass, to compare ours with. It runs only when asked for by name, since it changes the JVM: see the
 * package's description. It is jlama's Vector API path; {@code -Djlama.force_panama_tensor_operations=false} with
 * jlama-native on the class path takes its C kernels instead.
 */
public final class JlamaBackend implements ComputeBackend {
    /** Below the scalar reference: never chosen, only asked for. */
    private static final int SCORE = 0;

    @Override
    public String name() {
        return "jlama";
    }

    @Override
    public String device() {
        return "CPU (jlama)";
    }

    @Override
    public boolean needsSelfCheck() {
        return true;
    }

    @Override
    public Suitability suitability(DecoderGraph graph, Stage stage) {
        if (stage == Stage.EMBED || !graph.isWhole()) {
            return new Suitability.Unsuitable("jlama runs whole decoders only here");
        }
        Optional<String> refusal = JlamaNetwork.of(graph).refusal();
        return refusal.<Suitability>map(Suitability.Unsuitable::new).orElseGet(() -> new Suitability.Suitable(SCORE));
    }

    /** {@inheritDoc} Keys and values are F32 in jlama, whatever {@link DecoderOptions#cacheType()} says. */
    @Override
    public Decoder compile(DecoderGraph graph, DecoderOptions options) {
        JlamaRuntime.start(options.threads());
        try {
            return new JlamaDecoder(graph, new GgufWeightLoader(JlamaNetwork.of(graph)), options);
        } catch (BackendException e) {
            throw e;
        } catch (EngineException e) {
            throw new BackendException(e.getMessage(), e);
        }
    }
}
