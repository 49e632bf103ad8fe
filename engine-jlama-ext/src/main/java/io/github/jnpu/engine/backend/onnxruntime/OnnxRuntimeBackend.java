package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.EncoderGraph;
import io.github.jnpu.convert.graph.Operation.Projection;
import io.github.jnpu.convert.graph.Pooling;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.onnx.ElementType;
import io.github.jnpu.convert.onnx.EncoderWriter;
import io.github.jnpu.convert.onnx.Initializer;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.convert.onnx.OnnxOptions.Dialect;
import io.github.jnpu.convert.onnx.OnnxWriter;
import io.github.jnpu.convert.onnx.UnwritableGraphException;
import io.github.jnpu.convert.tensor.BlockSplit;
import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.Encoder;
import io.github.jnpu.engine.backend.EncoderOptions;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;
import io.github.jnpu.engine.backend.onnxruntime.capi.LibraryFile;
import io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeLibrary;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.DeviceReport;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A whole decoder on ONNX Runtime, on its CPU provider if no other is named. The library is an optional dependency; without it this backend declines.
 *
 * <p>Keys and values are F32, whatever {@link DecoderOptions#cacheType()} says, and weights are always laid out anew. As ONNX Runtime takes
 * other paths for other numbers of tokens, results of prefill may differ in their last bits with how a text is cut.
 */
public final class OnnxRuntimeBackend implements ComputeBackend {
    static final String ABSENT = "ONNX Runtime is not there: add com.microsoft.onnxruntime:onnxruntime to the class path, or name its library with JNPU_ONNXRUNTIME=FILE";
    /** Only when asked for: our own code is faster there. */
    private static final int CPU_SCORE = 0;
    private static final int NPU_DECODE_SCORE = 150;
    private static final int GPU_SCORE = 200;
    private static final int NPU_SCORE = 300;

    private final OnnxOptions options;
    private final ProviderChoice provider;
    private final Optional<String> complaint;
    /** As the probe names it; empty if nobody knows. */
    private final Optional<String> probedDevice;

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
        this(options, provider, Optional.empty());
    }

    private OnnxRuntimeBackend(OnnxOptions options, ProviderChoice provider, Optional<String> probedDevice) {
        this.options = provider.suited(options);
        this.provider = provider;
        this.probedDevice = probedDevice;
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
        return probedDevice.orElseGet(() -> acceleration() == Acceleration.CPU
                ? "cpu"
                : "onnxruntime:" + provider.name());
    }

    @Override
    public ComputeBackend on(String device) {
        return new OnnxRuntimeBackend(options, ProviderChoice.of(device));
    }

    @Override
    public List<ComputeBackend> devices(Supplier<DeviceReport> machine) {
        List<ComputeBackend> devices = new ArrayList<>(List.of(this));
        if (complaint.isPresent()) {
            return devices;
        }
        DeviceReport report = machine.get();
        Stream.of(report.npus(), report.gpus()).flatMap(List::stream).filter(Device::usable)
                .forEach(device -> ExecutionProvider.reaching(device).forEach(choice -> devices.add(
                        new OnnxRuntimeBackend(options, choice, Optional.of(device.id())))));
        return devices;
    }

    @Override
    public Suitability suitability(DecoderGraph graph, Stage stage) {
        Optional<String> missing = missing();
        if (missing.isPresent()) {
            return new Suitability.Unsuitable(missing.get());
        }
        try {
            OnnxWriter.write(graph, options);
            return new Suitability.Suitable(score(stage));
        } catch (UnwritableGraphException e) {
            return new Suitability.Unsuitable(e.getMessage());
        }
    }

    /**
     * Rules of thumb, for what to try first: prefill and embeddings are bound by arithmetic, which an NPU has most of, decode by memory, which a GPU
     * reads faster than an NPU does.
     */
    private int score(Stage stage) {
        return switch (acceleration()) {
            case CPU -> CPU_SCORE;
            case GPU -> GPU_SCORE;
            case NPU -> stage == Stage.DECODE ? NPU_DECODE_SCORE : NPU_SCORE;
        };
    }

    @Override
    public MemoryEstimate estimate(DecoderGraph graph, DecoderOptions decoderOptions, int contextLength) {
        ModelConfig config = graph.config();
        OnnxModel model = write(graph);
        long weights = model.outsideTable().map(table -> table.data().byteSize()).orElse(0L);
        // The graphs for prefill and for decode each have their own once they are compiled.
        int copies = options.shape().filter(shape -> shape.tokens() > 1).isPresent() ? 2 : 1;
        for (Initializer initializer : model.initializers()) {
            boolean freed = provider.isCpu() && options.dialect() == Dialect.MICROSOFT
                    && initializer.name().endsWith(OnnxModel.SCALES);
            weights += freed ? 0 : initializer.byteSize() * copies;
            if (initializer.type() == ElementType.UINT8) {
                // Packed codes carry each block's factor and sum, as floats; our factors are freed then.
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
        if (options.dialect() == Dialect.STANDARD) {
            return new StandardDecoder(graph, options, decoderOptions, provider);
        }
        return new OnnxDecoder(graph, write(graph), decoderOptions, provider, precision(graph));
    }

    private String precision(DecoderGraph graph) {
        boolean quantised = graph.operations().stream().anyMatch(operation -> operation instanceof Projection projection
                && BlockSplit.of(projection.weight().type()).isPresent());
        if (!quantised) {
            return "f32 weights and KV cache";
        }
        return options.accuracy() == OnnxOptions.Accuracy.INT8
                ? "quantised weights, activations of products in int8, f32 KV cache"
                : "quantised weights, activations and KV cache in f32";
    }

    private OnnxModel write(DecoderGraph graph) {
        try {
            return OnnxWriter.write(graph, options);
        } catch (UnwritableGraphException e) {
            throw new BackendException(e.getMessage(), e);
        }
    }

    @Override
    public Suitability suitability(EncoderGraph graph) {
        Optional<String> missing = missing();
        if (missing.isPresent()) {
            return new Suitability.Unsuitable(missing.get());
        }
        try {
            EncoderWriter.write(graph, options);
            return new Suitability.Suitable(score(Stage.EMBED));
        } catch (UnwritableGraphException e) {
            return new Suitability.Unsuitable(e.getMessage());
        }
    }

    /** Whether it can run models that are ONNX files already: nothing else can, so the CPU is as good as its score among others is bad. */
    public Suitability suitabilityForFiles() {
        return missing().<Suitability>map(Suitability.Unsuitable::new)
                .orElseGet(() -> new Suitability.Suitable(Math.max(1, score(Stage.EMBED))));
    }

    /** Why the library or the provider is not there; empty if it is. */
    private Optional<String> missing() {
        return complaint.isPresent() || provider.isCpu() ? complaint : provider.complaint();
    }

    private void requireLibrary() {
        missing().ifPresent(message -> {
            throw new BackendException(message);
        });
        OnnxRuntimeLibrary.load();
    }

    @Override
    public Encoder compile(EncoderGraph graph, EncoderOptions encoderOptions) {
        requireLibrary();
        try {
            return OnnxEncoders.ofGraph(graph, EncoderWriter.write(graph, options), provider, encoderOptions);
        } catch (UnwritableGraphException e) {
            throw new BackendException(e.getMessage(), e);
        }
    }

    /**
     * Compiles an encoder that is an ONNX file already.
     *
     * @param file
     *            takes {@code input_ids} and gives {@code sentence_embedding} or the rows of tokens, as sentence-transformers' and Optimum's exports
     *            do
     * @param pooling
     *            for rows of tokens
     * @param encoderOptions
     *            with a context length, which files do not tell
     * @throws BackendException
     *             if the library or its provider is missing, or cannot run the file
     */
    public Encoder compile(Path file, Pooling pooling, EncoderOptions encoderOptions) {
        requireLibrary();
        return OnnxEncoders.ofFile(file, pooling, provider, encoderOptions);
    }

    /** As {@link #compile(Path, Pooling, EncoderOptions)}, for a file that is in memory. */
    public Encoder compile(String name, byte[] file, Pooling pooling, EncoderOptions encoderOptions) {
        requireLibrary();
        return OnnxEncoders.ofBytes(name, file, pooling, provider, encoderOptions);
    }

    /**
     * Compiles a cross-encoder that is an ONNX file already; what is encoded then are pairs of texts, each with one number for a vector.
     *
     * @param file
     *            takes {@code input_ids} and gives {@code logits}, one for each pair
     * @param separator
     *            the token that ends the first text of a pair
     * @param encoderOptions
     *            with a context length, which files do not tell
     * @throws BackendException
     *             if the library or its provider is missing, or cannot run the file, or it gives more than one number
     */
    public Encoder compilePairs(Path file, int separator, EncoderOptions encoderOptions) {
        requireLibrary();
        return OnnxEncoders.ofPairs(file, separator, provider, encoderOptions);
    }
}
