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

import java.util.Optional;

/**
 * A whole decoder on ONNX Runtime's CPU provider. The library is an optional dependency; without it this backend declines.
 *
 * <p>Keys and values are F32, whatever {@link DecoderOptions#cacheType()} says, and weights are always laid out anew. As ONNX Runtime takes
 * other paths for other numbers of tokens, results of prefill may differ in their last bits with how a text is cut.
 */
public final class OnnxRuntimeBackend implements ComputeBackend {
    static final String ABSENT = "ONNX Runtime is not on the class path: add com.microsoft.onnxruntime:onnxruntime";
    private static final String ENTRY_CLASS = "ai.onnxruntime.OrtEnvironment";
    /** Below all others: taken only when asked for, until its logits are compared with another backend's at first use. */
    private static final int SCORE = 0;

    private final OnnxOptions options;
    private final ExecutionProvider provider;
    private final Optional<String> complaint;

    /** With products in 8 bits, for speed. */
    public OnnxRuntimeBackend() {
        this(OnnxOptions.FAST);
    }

    /** With products as accurate as asked for. */
    public OnnxRuntimeBackend(OnnxOptions options) {
        this(options, ExecutionProvider.CPU, OnnxRuntimeBackend.class.getClassLoader());
    }

    /** On another provider. */
    public OnnxRuntimeBackend(OnnxOptions options, ExecutionProvider provider) {
        this(options, provider, OnnxRuntimeBackend.class.getClassLoader());
    }

    OnnxRuntimeBackend(OnnxOptions options, ExecutionProvider provider, ClassLoader libraries) {
        this.options = provider == ExecutionProvider.CPU
                ? options
                : options.withProducts(OnnxOptions.Products.STANDARD);
        this.provider = provider;
        this.complaint = isPresent(libraries) ? Optional.empty() : Optional.of(ABSENT);
    }

    /** Looks without initialising: that would unpack and load the native library. */
    private static boolean isPresent(ClassLoader libraries) {
        try {
            Class.forName(ENTRY_CLASS, false, libraries);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    @Override
    public String name() {
        return "onnxruntime";
    }

    @Override
    public String device() {
        return complaint.isEmpty()
                ? "%s (ONNX Runtime %s, %s provider)".formatted(acceleration(), OnnxDecoder.libraryVersion(), provider
                        .label())
                : "CPU (ONNX Runtime)";
    }

    @Override
    public Acceleration acceleration() {
        return provider.acceleration();
    }

    @Override
    public String target() {
        return provider == ExecutionProvider.CPU ? name() : name() + ":" + provider.option();
    }

    @Override
    public String version() {
        return complaint.isEmpty() ? "ONNX Runtime " + OnnxDecoder.libraryVersion() : "";
    }

    @Override
    public boolean needsSelfCheck() {
        return true;
    }

    @Override
    public String deviceId() {
        return provider.acceleration() == Acceleration.CPU ? "cpu" : "onnxruntime:" + provider.option();
    }

    @Override
    public ComputeBackend on(String device) {
        return new OnnxRuntimeBackend(options, ExecutionProvider.of(device));
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
            Optional<String> missing = provider == ExecutionProvider.CPU
                    ? Optional.empty()
                    : OnnxDecoder.complaint(provider);
            if (missing.isPresent()) {
                return new Suitability.Unsuitable(missing.get());
            }
            return refusal(OnnxWriter.write(graph, options)).<Suitability>map(Suitability.Unsuitable::new)
                    .orElseGet(() -> new Suitability.Suitable(SCORE));
        } catch (UnwritableGraphException e) {
            return new Suitability.Unsuitable(e.getMessage());
        }
    }

    /** Java's buffers, and with them the tensors that they are handed over in, hold less than 2 GiB. */
    private static Optional<String> refusal(OnnxModel model) {
        return model.initializers().stream().filter(initializer -> initializer.byteSize() > Integer.MAX_VALUE)
                .findFirst()
                .map(initializer -> "tensor '%s' takes %d bytes, more than a tensor of ONNX Runtime can have from Java"
                        .formatted(initializer.name(), initializer.byteSize()));
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
        OnnxModel model = write(graph);
        refusal(model).ifPresent(message -> {
            throw new BackendException(message);
        });
        try {
            return new OnnxDecoder(graph, model, decoderOptions, provider);
        } catch (LinkageError e) {
            throw new BackendException("ONNX Runtime's native library cannot be loaded: " + e.getMessage(), e);
        }
    }

    private OnnxModel write(DecoderGraph graph) {
        try {
            return OnnxWriter.write(graph, options);
        } catch (UnwritableGraphException e) {
            throw new BackendException(e.getMessage(), e);
        }
    }
}
