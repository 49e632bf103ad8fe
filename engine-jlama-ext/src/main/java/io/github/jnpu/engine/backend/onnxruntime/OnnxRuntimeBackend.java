package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.onnx.ElementType;
import io.github.jnpu.convert.onnx.Initializer;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.convert.onnx.OnnxWriter;
import io.github.jnpu.convert.onnx.UnwritableGraphException;
import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;
import io.github.jnpu.engine.backend.onnxruntime.capi.LibraryFile;
import io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeLibrary;

import java.util.Map;
import java.util.Optional;

/**
 * A whole decoder on ONNX Runtime, on its CPU provider if no other is named. The library is an optional dependency; without it this backend declines.
 *
 * <p>Keys and values are F32, whatever {@link DecoderOptions#cacheType()} says, and weights are always laid out anew. As ONNX Runtime takes
 * other paths for other numbers of tokens, results of prefill may differ in their last bits with how a text is cut.
 */
public final class OnnxRuntimeBackend implements ComputeBackend {
    static final String ABSENT = "ONNX Runtime is not on the class path: add com.microsoft.onnxruntime:onnxruntime";
    /** Below all others: taken only when asked for, until its logits are compared with another backend's at first use. */
    private static final int SCORE = 0;

    private final OnnxOptions options;
    private final ProviderChoice provider;
    private final Optional<String> complaint;

    /** With products in 8 bits, for speed. */
    public OnnxRuntimeBackend() {
        this(OnnxOptions.FAST);
    }

    /** With products as accurate as asked for. */
    public OnnxRuntimeBackend(OnnxOptions options) {
        this(options, ExecutionProvider.CPU);
    }

    /** On another provider. */
    public OnnxRuntimeBackend(OnnxOptions options, ExecutionProvider provider) {
        this(options, new ProviderChoice.BuiltIn(provider, Map.of(), true));
    }

    OnnxRuntimeBackend(OnnxOptions options, ProviderChoice provider) {
        this.options = provider.isCpu() ? options : options.withProducts(OnnxOptions.Products.STANDARD);
        this.provider = provider;
        // Looks only: to load it would unpack it.
        this.complaint = LibraryFile.isPresent(OnnxRuntimeBackend.class.getClassLoader())
                ? Optional.empty()
                : Optional.of(ABSENT);
    }

    @Override
    public String name() {
        return "onnxruntime";
    }

    @Override
    public String device() {
        return complaint.isEmpty()
                ? "%s (ONNX Runtime %s, %s provider)".formatted(acceleration(), ProviderChoice.libraryVersion(),
                        provider.label())
                : "CPU (ONNX Runtime)";
    }

    @Override
    public Acceleration acceleration() {
        return provider.acceleration();
    }

    @Override
    public String target() {
        return provider.text().equals(ExecutionProvider.CPU.option()) ? name() : name() + ":" + provider.text();
    }

    @Override
    public String version() {
        return complaint.isEmpty() ? "ONNX Runtime " + ProviderChoice.libraryVersion() : "";
    }

    @Override
    public boolean needsSelfCheck() {
        return true;
    }

    @Override
    public String deviceId() {
        return acceleration() == Acceleration.CPU ? "cpu" : "onnxruntime:" + provider.name();
    }

    @Override
    public ComputeBackend on(String device) {
        return new OnnxRuntimeBackend(options, ProviderChoice.of(device));
    }

    @Override
    public Suitability suitability(DecoderGraph graph, Stage stage) {
        if (stage == Stage.EMBED) {
            return new Suitability.Unsuitable("embeddings are not computed yet");
        }
        if (complaint.isPresent()) {
            return new Suitability.Unsuitable(complaint.get());
        }
        try {
            Optional<String> missing = provider.isCpu() ? Optional.empty() : provider.complaint();
            if (missing.isPresent()) {
                return new Suitability.Unsuitable(missing.get());
            }
            OnnxWriter.write(graph, options);
            return new Suitability.Suitable(SCORE);
        } catch (UnwritableGraphException e) {
            return new Suitability.Unsuitable(e.getMessage());
        }
    }

    @Override
    public MemoryEstimate estimate(DecoderGraph graph, DecoderOptions decoderOptions, int contextLength) {
        ModelConfig config = graph.config();
        OnnxModel model = write(graph);
        long weights = model.outsideTable().map(table -> table.data().byteSize()).orElse(0L);
        for (Initializer initializer : model.initializers()) {
            weights += initializer.byteSize();
            if (initializer.type() == ElementType.UINT8) {
                // Packed codes carry each block's sum beside its factor, as floats.
                weights += initializer.dims()[0] * initializer.dims()[1] * 2 * Float.BYTES;
            }
        }
        long widest = 3L * config.embeddingLength() + 3L * config.feedForwardLength()
                + (config.heads() + config.keyValueHeads()) * 2L * config.keyLength();
        long buffers = Float.BYTES * (decoderOptions.maxBatch() * widest + config.vocabularySize());
        return new MemoryEstimate(weights, KvCacheType.F32.bytesPerToken(config)
                * KeyValueTensors.roundedCapacity(contextLength, contextLength), buffers, 0).withCopyWhileCompiling();
    }

    @Override
    public Decoder compile(DecoderGraph graph, DecoderOptions decoderOptions) {
        complaint.ifPresent(message -> {
            throw new BackendException(message);
        });
        OnnxRuntimeLibrary.load();
        return new OnnxDecoder(graph, write(graph), decoderOptions, provider);
    }

    private OnnxModel write(DecoderGraph graph) {
        try {
            return OnnxWriter.write(graph, options);
        } catch (UnwritableGraphException e) {
            throw new BackendException(e.getMessage(), e);
        }
    }
}
