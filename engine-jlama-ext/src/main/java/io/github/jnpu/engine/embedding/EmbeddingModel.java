package io.github.jnpu.engine.embedding;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.EncoderGraph;
import io.github.jnpu.convert.graph.Pooling;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Encoder;
import io.github.jnpu.engine.backend.EncoderOptions;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;
import io.github.jnpu.engine.placement.PlacedEncoder;
import io.github.jnpu.engine.placement.PlacementReport;
import io.github.jnpu.engine.store.ModelLocator;
import io.github.jnpu.engine.tokenizer.Tokenizer;
import io.github.jnpu.probe.HardwareProbe;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A model that turns texts into vectors. Thread-safe.
 *
 * <pre>{@code
 * try (EmbeddingModel model = EmbeddingModel.load("all-minilm", EmbeddingModelOptions.DEFAULT)) {
 *     float[] vector = model.embed(List.of("some text")).vectors().getFirst();
 * }
 * }</pre>
 */
public final class EmbeddingModel implements AutoCloseable {
    private final String name;
    private final Tokenizer tokenizer;
    private final PlacedEncoder encoder;
    /** The encoder's weights; closed behind it. */
    private final AutoCloseable source;

    EmbeddingModel(String name, Tokenizer tokenizer, PlacedEncoder encoder, AutoCloseable source) {
        this.name = name;
        this.tokenizer = tokenizer;
        this.encoder = encoder;
        this.source = source;
    }

    /**
     * Loads a model by what a user types: {@code all-minilm}, if its jar is on the class path; a folder with {@code model.onnx} and
     * {@code tokenizer.json}; else an encoder in the model store or a GGUF file.
     *
     * @throws ModelNotFoundException
     *             if there is no such model
     * @throws io.github.jnpu.convert.model.ModelFormatException
     *             if a file is malformed or of another kind
     * @throws io.github.jnpu.engine.backend.BackendException
     *             if no backend can run it
     */
    public static EmbeddingModel load(String model, EmbeddingModelOptions options) {
        if (AllMiniLm.isNamed(model) && AllMiniLm.isPresent()) {
            return AllMiniLm.load(options);
        }
        if (isFolder(model)) {
            return OnnxEncoderFolder.load(Path.of(model), options);
        }
        try {
            return load(ModelLocator.open(model), options);
        } catch (ModelNotFoundException e) {
            throw AllMiniLm.isNamed(model) ? AllMiniLm.absent() : e;
        }
    }

    private static boolean isFolder(String model) {
        try {
            return !model.isEmpty() && Files.isDirectory(Path.of(model));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** Whether a name stands for {@code all-minilm} and its jar is on the class path. */
    public static boolean isOnClassPath(String model) {
        return AllMiniLm.isNamed(model) && AllMiniLm.isPresent();
    }

    /** Loads a GGUF file of an encoder or a folder with {@code model.onnx} and {@code tokenizer.json}; throws as {@link #load(String, EmbeddingModelOptions)}. */
    public static EmbeddingModel load(Path path, EmbeddingModelOptions options) {
        return Files.isDirectory(path) ? OnnxEncoderFolder.load(path, options) : load(GgufFile.open(path), options);
    }

    /**
     * Loads an encoder and takes the source over: it is closed with the model, and also if loading fails.
     *
     * @throws io.github.jnpu.convert.model.ModelFormatException
     *             if the file is malformed or of another kind
     * @throws io.github.jnpu.engine.backend.BackendException
     *             if no backend can run it
     */
    public static EmbeddingModel load(ModelSource source, EmbeddingModelOptions options) {
        try {
            Optional<Pooling> pooling = EncoderGraph.describes(source) ? Optional.empty() : poolingOfDecoder(source);
            return pooling.isPresent()
                    ? loadDecoder(source, pooling.get(), options)
                    : loadEncoder(source, options);
        } catch (RuntimeException | Error e) {
            source.close();
            throw e;
        }
    }

    private static EmbeddingModel loadEncoder(ModelSource source, EmbeddingModelOptions options) {
        EncoderGraph graph = EncoderGraph.of(source);
        Tokenizer tokenizer = Tokenizer.of(source);
        PlacedEncoder encoder = new PlacedEncoder(graph.config().name(), new PlacedEncoder.Network() {
            @Override
            public Suitability suitability(ComputeBackend backend) {
                return backend.suitability(graph);
            }

            @Override
            public Encoder compile(ComputeBackend backend) {
                return backend.compile(graph, encoderOptions(options, options.contextLength()));
            }
        }, options.place());
        return new EmbeddingModel(graph.config().name(), tokenizer, encoder, source::close);
    }

    private static EmbeddingModel loadDecoder(ModelSource source, Pooling pooling, EmbeddingModelOptions options) {
        DecoderGraph graph = DecoderGraph.of(source);
        DecoderGraph headless = PooledDecoder.headless(graph);
        Tokenizer tokenizer = Tokenizer.of(source);
        PlacedEncoder encoder = new PlacedEncoder(graph.config().name(), new PlacedEncoder.Network() {
            @Override
            public Suitability suitability(ComputeBackend backend) {
                return backend.suitability(headless, Stage.EMBED);
            }

            @Override
            public Encoder compile(ComputeBackend backend) {
                return PooledDecoder.compile(graph, pooling, backend, encoderOptions(options, options
                        .contextLength()));
            }
        }, options.place());
        return new EmbeddingModel(graph.config().name(), tokenizer, encoder, source::close);
    }

    /** Files of decoders that embed say how to pool; those that only generate do not. */
    private static Optional<Pooling> poolingOfDecoder(ModelSource source) {
        return source.metadata().string("general.architecture")
                .flatMap(architecture -> source.metadata().integer(architecture + ".pooling_type"))
                .flatMap(Pooling::of);
    }

    static EncoderOptions encoderOptions(EmbeddingModelOptions options, int contextLength) {
        // Two hyper-threads of a core share its vector units.
        int threads = options.threads() == 0 ? HardwareProbe.local().cpu().physicalCores() : options.threads();
        return new EncoderOptions(threads, contextLength);
    }

    public String name() {
        return name;
    }

    /** The length of a vector. */
    public int dimension() {
        return encoder.width();
    }

    /** How many tokens of a text are read at most. */
    public int maxTokens() {
        return encoder.maxTokens();
    }

    /** Where it runs, for people: {@code CPU (Vector API, 512 bit)}. */
    public String device() {
        return encoder.device();
    }

    /** What runs it now, and why nothing else does. */
    public PlacementReport report() {
        return encoder.report();
    }

    /** How many tokens a text has, those that begin and end it among them. */
    public int countTokens(String text) {
        return encodeText(text).length;
    }

    /** Embeds texts as {@link EmbeddingRequest#of} says. */
    public Embeddings embed(List<String> texts) {
        return embed(EmbeddingRequest.of(texts));
    }

    /**
     * Embeds texts. Those of about the same length go through the network together.
     *
     * @throws TextTooLongException
     *             if a text is too long and must not be cut
     * @throws UnusableEmbeddingException
     *             if a vector has numbers that are none
     * @throws io.github.jnpu.engine.backend.BackendException
     *             if the device fails
     */
    public Embeddings embed(EmbeddingRequest request) {
        List<int[]> texts = request.texts().stream().map(text -> fit(encodeText(text), request.truncate())).toList();
        int[] order = IntStream.range(0, texts.size()).boxed()
                .sorted(Comparator.comparingInt((Integer i) -> -texts.get(i).length)).mapToInt(Integer::intValue)
                .toArray();
        float[][] vectors = new float[texts.size()][];
        for (int from = 0; from < order.length;) {
            int longest = texts.get(order[from]).length;
            int count = Math.clamp(encoder.batchTokens() / longest, 1, order.length - from);
            List<int[]> batch = new ArrayList<>(count);
            for (int i = from; i < from + count; i++) {
                batch.add(texts.get(order[i]));
            }
            float[][] pooled = encoder.encode(batch);
            for (int i = 0; i < count; i++) {
                vectors[order[from + i]] = finish(pooled[i], request);
            }
            from += count;
        }
        return new Embeddings(Arrays.asList(vectors), texts.stream().mapToInt(text -> text.length).toArray());
    }

    private int[] encodeText(String text) {
        int[] ids = tokenizer.encode(text, true);
        int before = tokenizer.addsBos() ? 1 : 0;
        int after = tokenizer.addsEos() ? 1 : 0;
        if (before + after == 0) {
            return ids;
        }
        int[] all = new int[before + ids.length + after];
        System.arraycopy(ids, 0, all, before, ids.length);
        if (before == 1) {
            all[0] = tokenizer.bos().orElseThrow();
        }
        if (after == 1) {
            all[all.length - 1] = tokenizer.eos().orElseThrow();
        }
        return all;
    }

    /** Cuts the text's end, but not the token that ends it. */
    private int[] fit(int[] ids, boolean truncate) {
        int limit = encoder.maxTokens();
        if (ids.length <= limit) {
            return ids;
        }
        if (!truncate) {
            throw new TextTooLongException(ids.length, limit);
        }
        int[] cut = Arrays.copyOf(ids, limit);
        if (tokenizer.addsEos()) {
            cut[limit - 1] = ids[ids.length - 1];
        }
        return cut;
    }

    private static float[] finish(float[] vector, EmbeddingRequest request) {
        float[] kept = request.dimensions() == 0 || request.dimensions() >= vector.length
                ? vector
                : Arrays.copyOf(vector, request.dimensions());
        double squares = 0;
        for (float value : kept) {
            squares += (double) value * value;
        }
        if (!Double.isFinite(squares)) {
            throw new UnusableEmbeddingException();
        }
        if (request.normalize() && squares > 0) {
            float scale = (float) (1 / Math.sqrt(squares));
            for (int i = 0; i < kept.length; i++) {
                kept[i] *= scale;
            }
        }
        return kept;
    }

    /** Ends the model; nothing may be embedding. */
    @Override
    public void close() {
        encoder.close();
        try {
            source.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new EngineException("model '%s' cannot be closed: %s".formatted(name, e.getMessage()), e);
        }
    }
}
