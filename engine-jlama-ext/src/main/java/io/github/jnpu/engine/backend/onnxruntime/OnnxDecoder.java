package io.github.jnpu.engine.backend.onnxruntime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.Initializer;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** A session, its weights, and the buffers that runs of all its sequences share. */
final class OnnxDecoder implements Decoder {
    private static final Logger LOGGER = System.getLogger(OnnxDecoder.class.getName());
    private static final int PROBE_CAPACITY = 16;

    private final DecoderGraph graph;
    private final ModelConfig config;
    private final DecoderOptions options;
    private final ExecutionProvider provider;
    private final int positions;
    private final SessionWeights weights;
    private OrtSession session;
    private RunBuffers buffers;

    OnnxDecoder(DecoderGraph graph, OnnxModel model, DecoderOptions options, ExecutionProvider provider) {
        this.provider = provider;
        this.graph = graph;
        this.config = graph.config();
        this.options = options;
        this.positions = model.positions();
        if (options.cacheType() != KvCacheType.F32) {
            LOGGER.log(Level.INFO, "model ''{0}'': keys and values are f32 on ONNX Runtime, not {1}", config.name(),
                    options.cacheType().label());
        }
        if (!model.widened().isEmpty()) {
            LOGGER.log(Level.INFO, "model ''{0}'': {1} weights are widened to f32 for ONNX Runtime", config.name(),
                    model.widened().size());
        }
        // Tensors would make it on this thread.
        DeepStack.call(OrtEnvironment::getEnvironment);
        this.weights = new SessionWeights(model, options.threads(), options.packListener());
        try {
            this.session = createSession(model);
            this.buffers = new RunBuffers(config, model, session, options.maxBatch());
            if (provider == ExecutionProvider.CPU) {
                freePackedWeights();
            } else if (weights.hasPackable()) {
                // They are on the device.
                weights.freePackable();
            }
            dropFile(graph, model);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** The version of the library on the class path. */
    static String libraryVersion() {
        Package library = OrtEnvironment.class.getPackage();
        return library.getImplementationVersion() == null ? "of unknown version" : library.getImplementationVersion();
    }

    /** Why this library does not compute on a provider; empty if it has it. */
    static Optional<String> complaint(ExecutionProvider provider) {
        try {
            return DeepStack.call(provider::complaint);
        } catch (LinkageError e) {
            return Optional.of("ONNX Runtime's native library cannot be loaded: " + e.getMessage());
        }
    }

    private OrtSession createSession(OnnxModel model) {
        try {
            Path folder = Files.createTempDirectory("jnpu-onnx");
            Path placeholder = folder.resolve(OnnxModel.PLACEHOLDER_FILE);
            try (SessionOptions settings = new SessionOptions()) {
                // The library insists on a file for constants that are not in the model, and the CPU provider never reads it.
                try (FileChannel file = FileChannel.open(placeholder, StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE)) {
                    if (provider != ExecutionProvider.CPU) {
                        weights.writeTo(file);
                    }
                }
                settings.addConfigEntry("session.model_external_initializers_file_folder_path", folder.toString());
                settings.setIntraOpNumThreads(options.threads());
                settings.setInterOpNumThreads(1);
                // Its threads may wait actively for the next node of a run, but not for the next run.
                settings.addConfigEntry("session.force_spinning_stop", "1");
                // Beside the arena, which takes memory in powers of two.
                settings.addConfigEntry("session.use_device_allocator_for_initializers", "1");
                settings.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
                provider.addTo(settings);
                if (provider == ExecutionProvider.CPU) {
                    weights.addTo(settings);
                }
                OrtEnvironment environment = OrtEnvironment.getEnvironment();
                environment.setTelemetry(false);
                return environment.createSession(model.proto(), settings);
            } catch (OrtException e) {
                throw OrtFailure.of("make a session of model '%s'".formatted(config.name()), e);
            } finally {
                Files.deleteIfExists(placeholder);
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            throw new BackendException("no temporary folder for ONNX Runtime: " + e.getMessage(),
                    new UncheckedIOException(e));
        }
    }

    /**
     * The library packs quantised weights into memory of its own and then leaves ours alone, or does not, depending on the type, the
     * processor and its version, and does not tell. So a token is run with and without them: if its logits stay the same to the
     * last bit, nobody reads them.
     */
    private void freePackedWeights() {
        if (!weights.hasPackable()) {
            return;
        }
        float[] before = probe();
        weights.overwritePackable();
        if (Arrays.equals(before, probe())) {
            weights.freePackable();
        } else {
            weights.refillPackable();
            LOGGER.log(Level.INFO,
                    "model ''{0}'': ONNX Runtime reads some weights from their source, which stays in memory",
                    config.name());
        }
    }

    /** Of what has been copied the file's pages need not stay in memory; tokens are still looked up in the table outside. */
    private static void dropFile(DecoderGraph graph, OnnxModel model) {
        Set<MemorySegment> read = new HashSet<>();
        for (Initializer initializer : model.initializers()) {
            if (initializer.content() instanceof Initializer.Stored(MemorySegment data)) {
                read.add(data);
            }
        }
        model.outsideTable().ifPresent(table -> read.add(table.data()));
        for (ModelTensor tensor : graph.tensors()) {
            if (!read.contains(tensor.data())) {
                MemoryAdvice.drop(tensor.data());
            }
        }
    }

    private float[] probe() {
        float[] logits = new float[config.vocabularySize()];
        try (DecoderSequence sequence = newSequence(Math.min(PROBE_CAPACITY, positions))) {
            sequence.forward(new int[]{0}, 0, 1, logits);
        }
        return logits;
    }

    @Override
    public DecoderSequence newSequence(int capacity) {
        if (capacity > positions) {
            throw new BackendException(
                    "model '%s' holds %d tokens on ONNX Runtime, not %d; use a shorter context (num_ctx)"
                            .formatted(config.name(), positions, capacity));
        }
        return new OnnxSequence(graph, buffers, options.maxBatch(), capacity);
    }

    @Override
    public int threads() {
        return options.threads();
    }

    @Override
    public long cacheBytesPerToken() {
        return KvCacheType.F32.bytesPerToken(config);
    }

    @Override
    public long bufferBytes() {
        return buffers.byteSize();
    }

    /** The session first: it reads the weights to its end. */
    @Override
    public void close() {
        try {
            if (buffers != null) {
                buffers.close();
            }
            if (session != null) {
                session.close();
            }
        } catch (OrtException e) {
            throw OrtFailure.of("close a session", e);
        } finally {
            weights.close();
        }
    }
}
