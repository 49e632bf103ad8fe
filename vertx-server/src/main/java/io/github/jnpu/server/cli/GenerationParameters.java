package io.github.jnpu.server.cli;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.embedding.EmbeddingModelOptions;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.grammar.GrammarException;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.server.model.PlacementParameters;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The generation parameters that options and the REPL's {@code /set parameter} change. Names and defaults are Ollama's. */
final class GenerationParameters {
    private SamplingOptions sampling = SamplingOptions.DEFAULT;
    private int maxTokens = -1;
    private int contextLength;
    private boolean useMmap = true;
    private boolean repack = true;
    static final String WEIGHT_CACHE_HELP = "Keep weights on disk as they are laid out for computing, in the model store's folder 'packed', and map them from there the next time.";
    private final List<String> stop = new ArrayList<>();
    private final Set<String> chosen = new HashSet<>();

    @Option(names = "--kv-cache-type", paramLabel = "TYPE", defaultValue = "f16", converter = KvCacheTypeConverter.class, description = "Number format of the KV cache: f32, f16, bf16 or q8_0 (default ${DEFAULT-VALUE}).")
    private KvCacheType cacheType = KvCacheType.F16;

    @Option(names = "--temperature", paramLabel = "T", description = "How freely words are chosen; 0 always takes the likeliest (default 0.8).")
    void temperature(float value) {
        chosen.add("temperature");
        sampling = sampling.withTemperature(value);
    }

    @Option(names = "--top-k", paramLabel = "K", description = "Choose among the K likeliest tokens; 0 for all (default 40).")
    void topK(int value) {
        chosen.add("top_k");
        sampling = sampling.withTopK(value);
    }

    @Option(names = "--top-p", paramLabel = "P", description = "Choose among the likeliest tokens that make up probability P (default 0.9).")
    void topP(float value) {
        chosen.add("top_p");
        sampling = sampling.withTopP(value);
    }

    @Option(names = "--min-p", paramLabel = "P", description = "Drop tokens less likely than P times the likeliest (default 0).")
    void minP(float value) {
        chosen.add("min_p");
        sampling = sampling.withMinP(value);
    }

    @Option(names = "--typical-p", paramLabel = "P", description = "Choose among the most typical tokens that make up probability P (default 1: all).")
    void typicalP(float value) {
        chosen.add("typical_p");
        sampling = sampling.withTypicalP(value);
    }

    @Option(names = "--repeat-last-n", paramLabel = "N", description = "How many tokens back the penalties look; -1 for the whole context (default 64).")
    void repeatLastN(int value) {
        chosen.add("repeat_last_n");
        sampling = sampling.withRepeatLastN(value);
    }

    @Option(names = "--repeat-penalty", paramLabel = "X", description = "Make repetition less likely; 1 for none (default 1).")
    void repeatPenalty(float value) {
        chosen.add("repeat_penalty");
        sampling = sampling.withRepeatPenalty(value);
    }

    @Option(names = "--presence-penalty", paramLabel = "X", description = "Lower the logits of tokens seen before (default 0).")
    void presencePenalty(float value) {
        chosen.add("presence_penalty");
        sampling = sampling.withPresencePenalty(value);
    }

    @Option(names = "--frequency-penalty", paramLabel = "X", description = "Lower logits for each time a token was seen (default 0).")
    void frequencyPenalty(float value) {
        chosen.add("frequency_penalty");
        sampling = sampling.withFrequencyPenalty(value);
    }

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same text (default: random).")
    void seed(long value) {
        chosen.add("seed");
        sampling = sampling.withSeed(value);
    }

    @Option(names = "--num-predict", paramLabel = "N", description = "Stop after N tokens; -1 for no limit but the context (default -1).")
    void numPredict(int value) {
        chosen.add("num_predict");
        maxTokens = value;
    }

    @Option(names = "--num-ctx", paramLabel = "N", description = "Tokens that prompt and answer can have together (default 4096, or what the model was trained for).")
    void numCtx(int value) {
        chosen.add("num_ctx");
        if (value < 1) {
            throw new IllegalArgumentException("num_ctx must be at least 1, is " + value);
        }
        contextLength = value;
    }

    @Option(names = "--no-mmap", description = "Copy the weights into memory while loading, for files on a network; else they stay where the file is mapped.")
    void noMmap(boolean value) {
        useMmap = !value;
    }

    @Option(names = "--no-repack", description = "Leave the weights in the file's layout: loads sooner, answers more slowly, and processes share the memory.")
    void noRepack(boolean value) {
        repack = !value;
    }

    @Mixin
    private PlacementOptions placement = new PlacementOptions();

    private Optional<PlacementWish> placementOfModel = Optional.empty();

    @Option(names = "--weight-cache", description = WEIGHT_CACHE_HELP)
    private boolean weightCache;

    @Option(names = "--format", paramLabel = "json|SCHEMA|@FILE", description = "Hold the answer to JSON: any object, or what matches a JSON Schema (its text, or @ and the name of its file).")
    private String format = "";

    private String compiledFormat = "";
    private Optional<Grammar> compiled = Optional.empty();

    @Option(names = "--stop", paramLabel = "TEXT", description = "End the answer where TEXT appears; may be repeated.")
    void stop(List<String> values) {
        chosen.add("stop");
        stop.clear();
        stop.addAll(values);
    }

    /**
     * Sets one by the name that Ollama gives it.
     *
     * @throws IllegalArgumentException
     *             if the name is unknown or the value no number of its kind
     */
    void set(String name, List<String> values) {
        if (name.equals("stop")) {
            stop(values);
            return;
        }
        if (values.size() != 1) {
            throw new IllegalArgumentException("parameter '%s' takes one value".formatted(name));
        }
        String value = values.getFirst();
        try {
            switch (name) {
                case "temperature" -> temperature(Float.parseFloat(value));
                case "top_k" -> topK(Integer.parseInt(value));
                case "top_p" -> topP(Float.parseFloat(value));
                case "min_p" -> minP(Float.parseFloat(value));
                case "typical_p" -> typicalP(Float.parseFloat(value));
                case "repeat_last_n" -> repeatLastN(Integer.parseInt(value));
                case "repeat_penalty" -> repeatPenalty(Float.parseFloat(value));
                case "presence_penalty" -> presencePenalty(Float.parseFloat(value));
                case "frequency_penalty" -> frequencyPenalty(Float.parseFloat(value));
                case "seed" -> seed(Long.parseLong(value));
                case "num_predict" -> numPredict(Integer.parseInt(value));
                case "num_ctx" -> numCtx(Integer.parseInt(value));
                default -> throw new IllegalArgumentException("unknown parameter '%s'; known are stop, %s"
                        .formatted(name, String.join(", ", values().keySet())));
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("parameter '%s' does not take '%s'".formatted(name, value), e);
        }
    }

    /**
     * Takes over what the model's Modelfile says, except where the user has chosen. Parameters that steer how Ollama runs a
     * model, such as {@code num_gpu}, say nothing about the answer and are passed over.
     *
     * @throws IllegalArgumentException
     *             if a value is out of range or of the wrong kind
     */
    void applyDefaults(Map<String, Object> defaults) {
        Set<String> byUser = Set.copyOf(chosen);
        Map<String, Object> mine = values();
        Set<String> known = Set.copyOf(mine.keySet());
        forgetOtherDefaults(mine, byUser);
        defaults.forEach((name, value) -> {
            if (!byUser.contains(name) && (known.contains(name) || name.equals("stop"))) {
                List<String> texts = value instanceof List<?> list
                        ? list.stream().map(String::valueOf).toList()
                        : List.of(text(value));
                set(name, texts);
            }
        });
        chosen.retainAll(byUser);
        placementOfModel = PlacementParameters.wish(defaults.get(PlacementParameters.PLACE), defaults.get(
                PlacementParameters.STRICT));
    }

    /** Another model's defaults must not live on. */
    private void forgetOtherDefaults(Map<String, Object> mine, Set<String> byUser) {
        List<String> myStops = byUser.contains("stop") ? stopStrings() : List.of();
        sampling = SamplingOptions.DEFAULT;
        maxTokens = -1;
        contextLength = 0;
        stop.clear();
        stop.addAll(myStops);
        mine.forEach((name, value) -> {
            if (byUser.contains(name)) {
                set(name, List.of(text(value)));
            }
        });
    }

    /** What differs from the defaults, and the stop strings: a Modelfile's parameters. */
    Map<String, Object> chosenValues() {
        Map<String, Object> result = new LinkedHashMap<>();
        values().forEach((name, value) -> {
            if (chosen.contains(name)) {
                result.put(name, value);
            }
        });
        if (chosen.contains("stop")) {
            result.put("stop", stopStrings());
        }
        return result;
    }

    /** What answers are held to from now on: {@code json}, a schema or {@code @FILE}; the empty text for nothing. */
    void setFormat(String newFormat) {
        String before = format;
        format = newFormat;
        try {
            grammar();
        } catch (RuntimeException e) {
            format = before;
            throw e;
        }
    }

    /** JSON readers give whole numbers as floating-point ones here and there. */
    private static String text(Object value) {
        return value instanceof Double number && number == Math.rint(number) && Math.abs(number) < 1e15
                ? Long.toString(number.longValue())
                : String.valueOf(value);
    }

    /** All but the stop strings, by Ollama's names. */
    Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("temperature", sampling.temperature());
        values.put("top_k", sampling.topK());
        values.put("top_p", sampling.topP());
        values.put("min_p", sampling.minP());
        values.put("typical_p", sampling.typicalP());
        values.put("repeat_last_n", sampling.repeatLastN());
        values.put("repeat_penalty", sampling.repeatPenalty());
        values.put("presence_penalty", sampling.presencePenalty());
        values.put("frequency_penalty", sampling.frequencyPenalty());
        OptionalLong seed = sampling.seed();
        values.put("seed", seed.isPresent() ? seed.getAsLong() : "random");
        values.put("num_predict", maxTokens);
        values.put("num_ctx", contextLength == 0 ? "default" : contextLength);
        return values;
    }

    List<String> stopStrings() {
        return List.copyOf(stop);
    }

    /** 0 for the default. */
    int contextLength() {
        return contextLength;
    }

    ModelOptions modelOptions() {
        ModelOptions options = ModelOptions.DEFAULT.withContextLength(contextLength).withUseMmap(useMmap)
                .withRepack(repack)
                .withCacheType(cacheType)
                .withWeightCache(weightCache ? Optional.of(ModelStore.ofUser().weightCache()) : Optional.empty());
        return options.withPlace(placement.wish(placementOfModel));
    }

    /** For models that embed rather than write. */
    EmbeddingModelOptions embeddingOptions() {
        return EmbeddingModelOptions.DEFAULT.withContextLength(contextLength).withPlace(placement.wish(Optional
                .empty()));
    }

    /**
     * What answers are held to.
     *
     * @throws GrammarException
     *             if it is no schema, or one that cannot be held
     * @throws EngineException
     *             if its file cannot be read
     */
    Optional<Grammar> grammar() {
        if (!format.equals(compiledFormat)) {
            compiled = switch (format) {
                case "json" -> Optional.of(Grammar.jsonObject());
                case "" -> Optional.empty();
                default -> Optional.of(Grammar.ofJsonSchema(format.startsWith("@")
                        ? schema(format.substring(1))
                        : format));
            };
            compiledFormat = format;
        }
        return compiled;
    }

    private static String schema(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new EngineException("the schema '%s' cannot be read: %s".formatted(file,
                    e instanceof NoSuchFileException
                            ? "no such file"
                            : e.getMessage()),
                    e);
        }
    }

    GenerationRequest request(int[] prompt, Optional<Grammar> answerGrammar) {
        return new GenerationRequest(prompt, sampling, maxTokens, stop).withGrammar(answerGrammar);
    }
}
