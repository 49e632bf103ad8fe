package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.sampling.Sampler;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SplittableRandom;

/** A model without sense: random logits, drawn from by the real sampler, with some liking for what ends things. */
final class RandomWriter {
    private final Tokenizer tokenizer;
    private final float[] noise;
    private final float[] liking;
    private final float[] logits;
    private final SplittableRandom random;

    RandomWriter(Tokenizer tokenizer, long seed) {
        this.tokenizer = tokenizer;
        this.random = new SplittableRandom(seed);
        int size = tokenizer.vocabularySize();
        logits = new float[size];
        noise = new float[2 * size];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (float) random.nextGaussian();
        }
        liking = new float[size];
        for (int id = 0; id < size; id++) {
            String text = new String(tokenizer.bytes(id), StandardCharsets.UTF_8);
            if (tokenizer.isEndOfGeneration(id)) {
                liking[id] = 6;
            } else if (text.matches("[\"\\]}]+")) {
                liking[id] = 7;
            }
        }
    }

    /** A text that ended by itself; empty where it did not within so many tokens. */
    Optional<String> write(TokenGrammar grammar, SamplingOptions options, int maxTokens) {
        Sampler sampler = new Sampler(options, logits.length, new int[0]);
        GrammarCursor cursor = grammar.newCursor();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int i = 0; i < maxTokens; i++) {
            int shift = random.nextInt(logits.length);
            for (int id = 0; id < logits.length; id++) {
                logits[id] = 2 * noise[shift + id] + liking[id];
            }
            int token = sampler.sample(logits, Optional.of(cursor));
            if (tokenizer.isEndOfGeneration(token)) {
                return Optional.of(text.toString(StandardCharsets.UTF_8));
            }
            text.writeBytes(tokenizer.bytes(token));
            if (cursor.mustEnd()) {
                return Optional.of(text.toString(StandardCharsets.UTF_8));
            }
        }
        return Optional.empty();
    }
}
