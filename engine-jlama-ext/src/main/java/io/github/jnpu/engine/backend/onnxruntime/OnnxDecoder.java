package io.github.jnpu.engine.backend.onnxruntime;

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
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;
import io.github.jnpu.engine.backend.onnxruntime.capi.Allocator;
import io.github.jnpu.engine.backend.onnxruntime.capi.Environment;
import io.github.jnpu.engine.backend.onnxruntime.capi.MemoryInfo;
import io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeException;
import io.github.jnpu.engine.backend.onnxruntime.capi.Session;
import io.github.jnpu.engine.backend.onnxruntime.capi.SessionOptions;

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
public final class OnnxDecoder implements Decoder {
    private static final Logger LOGGER = System.getLogger(OnnxDecoder.class.getName());
    private static final int PROBE_CAPACITY = 16;
    /** Of the library's message. */
    private static final String FALLBACK_DISABLED = "fallback to CPU EP has been explicitly disabled";
    /** Tokens, enough for the kernels that long prompts take. */
    private static final int PROBED_PROMPT = 40;
    private final DecoderGraph graph;
    private final ModelConfig config;
    private final DecoderOptions options;
    private final ProviderChoice provider;
    private final int positions;
    private final String precision;
    private final SessionWeights weights;
    private Session session;
    private RunBuffers buffers;
    private Optional<Allocator> cacheMemory = Optional.empty();
    private NodeAssignment assignment;
    private int maxBatch;

    OnnxDecoder(DecoderGraph graph, OnnxModel model, DecoderOptions options, ProviderChoice provider,
            String precision) {
        this.provider = provider;
        this.graph = graph;
        this.precision = precision;
        this.config = graph.config();
        this.options = options;
        this.maxBatch = options.maxBatch();
        this.positions = model.positions();
        if (options.cacheType() != KvCacheType.F32) {
            LOGGER.log(Level.INFO, "model ''{0}'': keys and values are f32 on ONNX Runtime, not {1}", config.name(),
                    options.cacheType().label());
        }
        if (!model.widened().isEmpty()) {
            LOGGER.log(Level.INFO, "model ''{0}'': {1} weights are widened to f32 for ONNX Runtime", config.name(),
                    model.widened().size());
        }
        Environment.shared();
        this.weights = new SessionWeights(model, options.threads(), options.packListener());
        try {
            this.session = createSession(model, provider);
            this.assignment = NodeAssignment.of(session.assignedNodes(), provider.isCpu());
            if (!provider.isCpu()) {
                LOGGER.log(Level.INFO, "model ''{0}'': {1} runs {2}", config.name(), provider.label(), assignment);
            }
            this.cacheMemory = findCacheMemory();
            this.buffers = new RunBuffers(config, model, session, options.maxBatch());
            if (provider.isCpu()) {
                freePackedWeights();
            } else if (weights.hasPackable()) {
                // They are on the device.
                weights.freePackable();
            }
            checkLongBatches();
            dropFile(graph, model);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Memory of the device's for keys and values, if the session wants them there and they can be copied out of it. */
    private Optional<Allocator> findCacheMemory() {
        MemoryInfo memory = session.inputMemory().get(OnnxModel.pastKey(0));
        if (memory == null || memory.isHost()) {
            return Optional.empty();
        }
        Allocator allocator = null;
        try {
            allocator = new Allocator(session, memory);
            try (CacheTensor tensor = CacheTensor.onDevice(allocator, 1, 1, PROBE_CAPACITY)) {
                tensor.write(0, 1, new float[PROBE_CAPACITY]);
            }
            return Optional.of(allocator);
        } catch (OnnxRuntimeException e) {
            if (allocator != null) {
                allocator.close();
            }
            LOGGER.log(Level.WARNING, "model ''{0}'': keys and values go to {1} and back for each token: {2}", config
                    .name(), memory, e.getMessage());
            return Optional.empty();
        }
    }

    private Session createSession(OnnxModel model, ProviderChoice provider) {
        try {
            Path folder = Files.createTempDirectory("jnpu-onnx");
            Path placeholder = folder.resolve(OnnxModel.DATA_FILE);
            try (SessionOptions settings = new SessionOptions()) {
                // The library insists on a file for constants that are not in the model, and the CPU provider never reads it.
                try (FileChannel file = FileChannel.open(placeholder, StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE)) {
                    if (!provider.isCpu()) {
                        weights.writeTo(file);
                    }
                }
                settings.entry("session.model_external_initializers_file_folder_path", folder.toString());
                settings.threads(options.threads(), 1);
                // Its threads may wait actively for the next node of a run, but not for the next run.
                settings.entry("session.force_spinning_stop", "1");
                // Beside the arena, which takes memory in powers of two.
                settings.entry("session.use_device_allocator_for_initializers", "1");
                settings.entry(Session.RECORD_ASSIGNMENT, "1");
                provider.addTo(settings);
                if (provider.isCpu()) {
                    weights.addTo(settings);
                }
                return new Session(model.proto(), settings);
            } catch (OnnxRuntimeException e) {
                throw e.whileDoing("make a session of model '%s'%s".formatted(config.name(), culprits(model, provider,
                        e)));
            } finally {
                Files.deleteIfExists(placeholder);
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            throw new BackendException("no temporary folder for ONNX Runtime: " + e.getMessage(),
                    new UncheckedIOException(e));
        }
    }

    /** Which operators made a session fail that may run nowhere else: the library says only that there are some. */
    private String culprits(OnnxModel model, ProviderChoice provider, OnnxRuntimeException failure) {
        if (!provider.strict() || !failure.getMessage().contains(FALLBACK_DISABLED)) {
            return "";
        }
        try (Session allowed = createSession(model, provider.allowingCpu())) {
            return " on %s alone, which lacks %s".formatted(provider.label(),
                    String.join(", ", NodeAssignment.of(allowed
                            .assignedNodes(), provider.isCpu()).off().keySet()));
        } catch (BackendException e) {
            failure.addSuppressed(e);
            return "";
        }
    }

    /**
     * The library packs quantised weights into memory of its own and then leaves ours alone, or does not, depending on the type, the
     * processor and its version, and does not tell. So a prompt and a token, which take different kernels, are run with and without them: if what
     * comes out stays the same to the last bit, nobody reads them.
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

    /**
     * ONNX Runtime 1.29's attention for 32 tokens and more is wrong on GPUs whose subgroups have less than 16 lanes, such as Mesa's in software: it
     * leaves keys out.
     */
    private void checkLongBatches() {
        if (provider.isCpu() || maxBatch <= AttentionProbe.SHORT) {
            return;
        }
        try (SessionOptions settings = new SessionOptions()) {
            provider.addTo(settings);
            if (AttentionProbe.agrees(config, settings)) {
                return;
            }
            LOGGER.log(Level.WARNING,
                    "model ''{0}'': {1} is wrong for more than {2} tokens in one run here, so prompts are cut",
                    config.name(), provider.label(), AttentionProbe.SHORT);
        } catch (OnnxRuntimeException e) {
            LOGGER.log(Level.WARNING,
                    "model ''{0}'': prompts are cut to {1} tokens, as long ones cannot be checked: {2}",
                    config.name(), AttentionProbe.SHORT, e.getMessage());
        }
        maxBatch = AttentionProbe.SHORT;
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

    /** What comes out behind a prompt and a token: logits, or the residual stream of a part without a head. */
    private float[] probe() {
        boolean head = graph.head().isPresent();
        int prompt = Math.min(PROBED_PROMPT, Math.min(positions, options.maxBatch()) - 1);
        int vocabulary = config.vocabularySize();
        int width = config.embeddingLength();
        float[] results = new float[2 * (head ? vocabulary : width)];
        try (DecoderSequence sequence = newSequence(prompt + 1)) {
            int[] tokens = new int[prompt + 1];
            Arrays.setAll(tokens, i -> i % vocabulary);
            for (int step = 0; step < 2; step++) {
                int from = step == 0 ? 0 : prompt;
                int count = step == 0 ? prompt : 1;
                if (count == 0) {
                    continue;
                }
                float[] stream = new float[count * width];
                // Where a stream goes in, any will do in which no weight is multiplied with zero.
                for (int i = 0; i < stream.length; i++) {
                    stream[i] = 1 + i % 7;
                }
                float[] logits = head ? new float[vocabulary] : null;
                sequence.forward(step == 0 ? Stage.PREFILL : Stage.DECODE, tokens, from, count, stream, logits);
                System.arraycopy(head ? logits : stream, head ? 0 : (count - 1) * width, results, step * results.length
                        / 2, results.length / 2);
            }
        }
        return results;
    }

    @Override
    public DecoderSequence newSequence(int capacity) {
        if (capacity > positions) {
            throw new BackendException(
                    "model '%s' holds %d tokens on ONNX Runtime, not %d; use a shorter context (num_ctx)"
                            .formatted(config.name(), positions, capacity));
        }
        if (capacity < 1) {
            throw new IllegalArgumentException("a sequence holds at least 1 token, not " + capacity);
        }
        return new OnnxSequence(graph, buffers, new KeyValueTensors(config, session, cacheMemory, capacity), maxBatch,
                capacity);
    }

    /** Which nodes run on the provider, and which on the CPU instead. */
    public NodeAssignment assignment() {
        return assignment;
    }

    @Override
    public Optional<NodeCounts> nodes() {
        return assignment.on().isEmpty()
                ? Optional.empty()
                : Optional.of(new NodeCounts(assignment.nodesOn(), assignment.nodesOff()));
    }

    /** How many nodes run on the provider. */
    public int nodesOn() {
        return assignment.nodesOn();
    }

    /** How many run on the CPU instead; 0 unless that was allowed. */
    public int nodesOff() {
        return assignment.nodesOff();
    }

    /** How many tokens go through in one run at most: fewer than allowed where the provider is wrong for so many. */
    public int maxBatch() {
        return maxBatch;
    }

    /** Whether keys and values stay in a device's memory. */
    public boolean keepsCacheOnDevice() {
        return cacheMemory.isPresent();
    }

    @Override
    public String precision() {
        return precision;
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
            cacheMemory.ifPresent(Allocator::close);
            if (session != null) {
                session.close();
            }
        } finally {
            weights.close();
        }
    }
}
