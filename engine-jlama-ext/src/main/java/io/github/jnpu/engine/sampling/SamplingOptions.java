package io.github.jnpu.engine.sampling;

import java.util.Objects;
import java.util.OptionalLong;

/**
 * How the next token is drawn from the logits. Names, ranges and defaults are Ollama's.
 *
 * @param temperature
 *            divides the logits; 0 takes the likeliest token always (greedy)
 * @param topK
 *            keeps the k likeliest tokens; 0 or less keeps all
 * @param topP
 *            keeps the likeliest tokens whose probabilities reach p; 1 keeps all
 * @param minP
 *            drops tokens less likely than this share of the likeliest; 0 keeps all
 * @param typicalP
 *            keeps the most typical tokens (those nearest to the expected surprise) up to this probability; 1 keeps all
 * @param repeatLastN
 *            how many of the latest tokens the penalties look at; 0 none, negative the whole context
 * @param repeatPenalty
 *            divides positive and multiplies negative logits of seen tokens; 1 for none
 * @param presencePenalty
 *            subtracted once from the logits of seen tokens
 * @param frequencyPenalty
 *            subtracted from the logits of seen tokens as often as they were seen
 * @param seed
 *            the same seed gives the same text; empty for a random one
 */
public record SamplingOptions(float temperature, int topK, float topP, float minP, float typicalP, int repeatLastN,
        float repeatPenalty, float presencePenalty, float frequencyPenalty, OptionalLong seed) {

    public static final SamplingOptions DEFAULT = new SamplingOptions(0.8f, 40, 0.9f, 0, 1, 64, 1, 0, 0,
            OptionalLong.empty());

    /** The likeliest token always, no penalties. */
    public static final SamplingOptions GREEDY = DEFAULT.withTemperature(0);

    public SamplingOptions {
        Objects.requireNonNull(seed, "seed");
        requireFinite("temperature", temperature);
        requireFinite("top_p", topP);
        requireFinite("min_p", minP);
        requireFinite("typical_p", typicalP);
        requireFinite("repeat_penalty", repeatPenalty);
        requireFinite("presence_penalty", presencePenalty);
        requireFinite("frequency_penalty", frequencyPenalty);
        if (repeatPenalty <= 0) {
            throw new IllegalArgumentException("repeat_penalty must be above 0, is " + repeatPenalty);
        }
    }

    private static void requireFinite(String name, float value) {
        if (!Float.isFinite(value)) {
            throw new IllegalArgumentException(name + " must be a finite number, is " + value);
        }
    }

    /** Whether the likeliest token is always taken. */
    public boolean isGreedy() {
        return temperature <= 0;
    }

    public SamplingOptions withTemperature(float value) {
        return new SamplingOptions(value, topK, topP, minP, typicalP, repeatLastN, repeatPenalty, presencePenalty,
                frequencyPenalty, seed);
    }

    public SamplingOptions withTopK(int value) {
        return new SamplingOptions(temperature, value, topP, minP, typicalP, repeatLastN, repeatPenalty,
                presencePenalty,
                frequencyPenalty, seed);
    }

    public SamplingOptions withTopP(float value) {
        return new SamplingOptions(temperature, topK, value, minP, typicalP, repeatLastN, repeatPenalty,
                presencePenalty,
                frequencyPenalty, seed);
    }

    public SamplingOptions withMinP(float value) {
        return new SamplingOptions(temperature, topK, topP, value, typicalP, repeatLastN, repeatPenalty,
                presencePenalty,
                frequencyPenalty, seed);
    }

    public SamplingOptions withTypicalP(float value) {
        return new SamplingOptions(temperature, topK, topP, minP, value, repeatLastN, repeatPenalty, presencePenalty,
                frequencyPenalty, seed);
    }

    public SamplingOptions withRepeatLastN(int value) {
        return new SamplingOptions(temperature, topK, topP, minP, typicalP, value, repeatPenalty, presencePenalty,
                frequencyPenalty, seed);
    }

    public SamplingOptions withRepeatPenalty(float value) {
        return new SamplingOptions(temperature, topK, topP, minP, typicalP, repeatLastN, value, presencePenalty,
                frequencyPenalty, seed);
    }

    public SamplingOptions withPresencePenalty(float value) {
        return new SamplingOptions(temperature, topK, topP, minP, typicalP, repeatLastN, repeatPenalty, value,
                frequencyPenalty, seed);
    }

    public SamplingOptions withFrequencyPenalty(float value) {
        return new SamplingOptions(temperature, topK, topP, minP, typicalP, repeatLastN, repeatPenalty, presencePenalty,
                value, seed);
    }

    public SamplingOptions withSeed(long value) {
        return new SamplingOptions(temperature, topK, topP, minP, typicalP, repeatLastN, repeatPenalty, presencePenalty,
                frequencyPenalty, OptionalLong.of(value));
    }
}
