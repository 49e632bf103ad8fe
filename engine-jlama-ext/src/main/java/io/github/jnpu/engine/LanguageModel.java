package io.github.jnpu.engine;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.backend.PackListener;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.placement.Deployment;
import io.github.jnpu.engine.placement.PlacedDecoder;
import io.github.jnpu.engine.placement.Placement;
import io.github.jnpu.engine.placement.PlacementMemory;
import io.github.jnpu.engine.placement.PlacementReport;
import io.github.jnpu.engine.tokenizer.Tokenizer;
import io.github.jnpu.probe.HardwareProbe;

import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * A model in memory, ready to generate. Thread-safe: requests from any number of threads wait in one bounded queue and run
 * on the model's own thread, as many at the same time as {@link ModelOptions#parallel} says; what one gets does not depend on the others.
 *
 * <pre>{@code
 * try (LanguageModel model = LanguageModel.load(GgufFile.open(path), ModelOptions.DEFAULT)) {
 *     int[] prompt = model.encodePrompt("Once upon a time", false);
 *     String text = model.generate(GenerationRequest.of(prompt).withMaxTokens(100)).text();
 * }
 * }</pre>
 */
public final class LanguageModel implements AutoCloseable {
    private static final int DEFAULT_CONTEXT_LENGTH = 4096;
    /** Whole tiles of 48 tokens at 512 bits; larger batches take more memory for buffers and no less time. */
    static final int MAX_BATCH = 192;

    private final ModelSource source;
    private final ModelConfig config;
    private final Tokenizer tokenizer;
    private final Optional<ChatTemplate> chatTemplate;
    private final PlacedDecoder decoder;
    private final ModelOptions options;
    private final int contextLength;
    private final GenerationScheduler scheduler;

    private LanguageModel(ModelSource source, ModelConfig config, ModelOptions options, int contextLength,
            Tokenizer tokenizer, Optional<ChatTemplate> chatTemplate, PlacedDecoder decoder) {
        this.source = source;
        this.config = config;
        this.options = options;
        this.contextLength = contextLength;
        this.tokenizer = tokenizer;
        this.chatTemplate = chatTemplate;
        this.decoder = decoder;
        this.scheduler = new GenerationScheduler(config.name(), decoder, tokenizer, config.vocabularySize(),
                contextLength, options.parallel());
    }

    /** Two hyper-threads of a core share its vector units, so more threads than cores only wait for each other. */
    private static int defaultThreads() {
        return HardwareProbe.local().cpu().physicalCores();
    }

    /**
     * Loads a model and takes the source over: it is closed with the model, and also if loading fails.
     *
     * @throws ModelFormatException
     *             if the file is malformed or of an unknown kind
     * @throws BackendException
     *             if no backend can run it
     */
    public static LanguageModel load(ModelSource source, ModelOptions options) {
        return load(source, options, LoadListener.NONE);
    }

    /**
     * Loads a model, as {@link #load(ModelSource, ModelOptions)}, and tells how it goes on.
     *
     * @throws java.util.concurrent.CancellationException
     *             if the listener wants no more of it
     */
    public static LanguageModel load(ModelSource source, ModelOptions options, LoadListener listener) {
        ModelOptions complete = options.threads() == 0 ? options.withThreads(defaultThreads()) : options;
        AtomicReference<ModelSource> open = new AtomicReference<>(source);
        try {
            return load(open, complete, listener);
        } catch (RuntimeException | Error e) {
            open.get().close();
            throw e;
        }
    }

    /**
     * Everything beside each other: a cold JVM reads a vocabulary and builds a graph in about the time in which two threads map
     * a gigabyte.
     */
    private static LanguageModel load(AtomicReference<ModelSource> open, ModelOptions options, LoadListener listener) {
        ModelSource file = open.get();
        try (LoadTasks tasks = new LoadTasks()) {
            // A process's first logger takes as long as the vocabulary, and the placement logs.
            tasks.start("logger", () -> System.getLogger(LanguageModel.class.getName()).isLoggable(Level.INFO));
            FutureTask<Tokenizer> tokenizer = tasks.start("tokenizer", () -> Tokenizer.of(file));
            FutureTask<Optional<ChatTemplate>> chatTemplate = tasks.start("template", () -> ChatTemplate.of(file));
            DecoderGraph described = DecoderGraph.of(file);
            Deployment deployment = new Deployment(described, options.place(), ModelIdentity.of(file),
                    PlacementMemory.ofUser());
            boolean fits = MemoryNeeds.fit(deployment, described, options).check(file.location());
            boolean repack = fits && options.repack();
            LoadProgress progress = new LoadProgress(listener, WeightReader.weightBytes(file.tensors()), repack);
            if (!options.useMmap()) {
                open.set(WeightReader.copy(file, options.threads(), progress.reading()));
            }
            ModelSource source = open.get();
            Optional<Path> packedFile = repack ? WeightCache.file(source, options) : Optional.empty();
            // Weights that are mapped as they were laid out the last time are not read from the model's file.
            boolean kept = packedFile.isPresent() && Files.isRegularFile(packedFile.get());
            try (WeightReader prefetch = WeightReader.prefetch(source, fits && !kept ? options.threads() : 0,
                    progress.reading())) {
                DecoderGraph graph = source == file ? described : DecoderGraph.of(source);
                ModelConfig config = graph.config();
                PlacedDecoder decoder = compile(deployment, graph, options,
                        new DecoderOptions(options.threads(), options.cacheType(),
                                MAX_BATCH, repack, progress.packing(), packedFile),
                        source);
                try {
                    requireRows(LoadTasks.join(tokenizer), config, source);
                    prefetch.await();
                    progress.complete();
                    return new LanguageModel(source, config, options.withRepack(repack), contextLength(config, options),
                            LoadTasks.join(tokenizer), LoadTasks.join(chatTemplate), decoder);
                } catch (RuntimeException | Error e) {
                    decoder.close();
                    throw e;
                }
            }
        }
    }

    /** How many tokens a sequence of this model can hold with some options. */
    static int contextLength(ModelConfig config, ModelOptions options) {
        int wanted = options.contextLength() == 0 ? DEFAULT_CONTEXT_LENGTH : options.contextLength();
        return Math.min(wanted, config.contextLength());
    }

    /**
     * What a model would take of memory, from its header alone; {@link MemoryEstimate#PROCESS_BYTES} come on top.
     *
     * @throws ModelFormatException
     *             if the file is malformed or of an unknown kind
     * @throws BackendException
     *             if no backend can run it
     */
    public static MemoryEstimate estimate(ModelSource source, ModelOptions options) {
        DecoderGraph graph = DecoderGraph.of(source);
        return estimate(graph, Placement.find(graph, options.place()), options);
    }

    static MemoryEstimate estimate(DecoderGraph graph, Placement placement, ModelOptions options) {
        int threads = options.threads() == 0 ? defaultThreads() : options.threads();
        DecoderOptions decoderOptions = new DecoderOptions(threads, options.cacheType(), MAX_BATCH, options.repack(),
                PackListener.NONE, Optional.empty());
        return MemoryEstimate.sum(placement.divisions().stream()
                .map(division -> division.estimate(graph, decoderOptions, contextLength(graph.config(), options)))
                .toList()).withTexts(options.parallel());
    }

    private static PlacedDecoder compile(Deployment deployment, DecoderGraph graph, ModelOptions options,
            DecoderOptions decoderOptions, ModelSource source) {
        try {
            PlacedDecoder decoder = deployment.compile(graph, decoderOptions, contextLength(graph.config(), options));
            System.getLogger(LanguageModel.class.getName()).log(Level.INFO,
                    () -> "model '%s': %s".formatted(graph.config().name(), decoder.placement()));
            return decoder;
        } catch (InternalError e) {
            throw WeightReader.unreadable(source.location(), e);
        }
    }

    private static void requireRows(Tokenizer tokenizer, ModelConfig config, ModelSource source) {
        if (tokenizer.vocabularySize() > config.vocabularySize()) {
            throw new ModelFormatException("%s: the vocabulary has %d tokens, but the embedding table only %d rows"
                    .formatted(source.location(), tokenizer.vocabularySize(), config.vocabularySize()));
        }
    }

    public ModelConfig config() {
        return config;
    }

    public ModelSource source() {
        return source;
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    public Optional<ChatTemplate> chatTemplate() {
        return chatTemplate;
    }

    /** The options in force, defaults filled in. */
    public ModelOptions options() {
        return options;
    }

    /** How many tokens prompt and answer can have together. */
    public int contextLength() {
        return contextLength;
    }

    /** What runs each stage of this model at the moment, and why nothing else does. */
    public Placement placement() {
        return decoder.placement();
    }

    /** What runs each stage at the moment, with precision, memory, speed and what went wrong. */
    public PlacementReport report() {
        return decoder.report();
    }

    /** What it takes of memory when a text fills the context, part by part. */
    public MemoryEstimate memory() {
        return estimate(DecoderGraph.of(source), decoder.placement(), options);
    }

    /** How many threads compute. */
    public int threads() {
        return decoder.threads();
    }

    /** The weights, full KV caches and the buffers of computing, in bytes; the JVM's own memory comes on top. */
    public long memoryBytes() {
        return source.byteSize() + decoder.cacheBytesPerToken() * contextLength * options.parallel()
                + decoder.bufferBytes();
    }

    /**
     * The ids of a prompt, with BOS in front where the model wants it and the text does not begin with it.
     *
     * @param parseSpecial
     *            whether the text may spell special tokens, as a rendered chat template does
     */
    public int[] encodePrompt(String text, boolean parseSpecial) {
        int[] ids = tokenizer.encode(text, parseSpecial);
        if (!tokenizer.addsBos() || tokenizer.bos().isEmpty()
                || ids.length > 0 && ids[0] == tokenizer.bos().getAsInt()) {
            return ids;
        }
        int[] withBos = new int[ids.length + 1];
        withBos[0] = tokenizer.bos().getAsInt();
        System.arraycopy(ids, 0, withBos, 1, ids.length);
        return withBos;
    }

    /**
     * Starts a generation and returns at once.
     *
     * @throws PromptTooLongException
     *             if the prompt leaves no room for an answer
     * @throws ModelBusyException
     *             if the queue is full
     */
    public Generation generate(GenerationRequest request, GenerationListener listener) {
        for (int token : request.prompt()) {
            if (token < 0 || token >= config.vocabularySize()) {
                throw new IllegalArgumentException("token %d is outside the vocabulary of %d".formatted(token,
                        config.vocabularySize()));
            }
        }
        return scheduler.submit(request, listener);
    }

    /** Generates and waits for the end; the same errors as {@link #generate(GenerationRequest, GenerationListener)}. */
    public GenerationResult generate(GenerationRequest request) {
        Generation generation = generate(request, new GenerationListener() {
            @Override
            public void onText(String text) {}

            @Override
            public void onComplete(GenerationResult result) {}

            @Override
            public void onError(RuntimeException failure) {}
        });
        try {
            return generation.result().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /**
     * Runs work that needs the network itself, such as scoring a text, on the model's thread, in turn with generations.
     *
     * @param capacity
     *            tokens that the sequence can hold
     * @throws ModelBusyException
     *             if the queue is full
     */
    public <T> T compute(int capacity, Function<DecoderSequence, T> work) {
        return scheduler.compute(capacity, work);
    }

    /** Waits for the running generation and frees the memory; generations that still wait fail. */
    @Override
    public void close() {
        scheduler.close();
        decoder.close();
        source.close();
    }
}
