package io.github.jnpu.samples.demo;

import io.github.jnpu.samples.demo.corpus.ArithmeticSource;
import io.github.jnpu.samples.demo.corpus.CapitalSource;
import io.github.jnpu.samples.demo.corpus.ConversationGenerator;
import io.github.jnpu.samples.demo.corpus.ConversationSource;
import io.github.jnpu.samples.demo.corpus.Corpus;
import io.github.jnpu.samples.demo.corpus.JsonSource;
import io.github.jnpu.samples.demo.corpus.PassageSource;
import io.github.jnpu.samples.demo.corpus.ToolCallSource;
import io.github.jnpu.samples.demo.tokenizer.BytePairTrainer;
import io.github.jnpu.samples.demo.tokenizer.BytePairVocabulary;
import io.github.jnpu.samples.demo.train.AdamW;
import io.github.jnpu.samples.demo.train.NetworkShape;

import java.util.List;

/** Every number that the demo model depends on. */
final class DemoRecipe {
    static final long WEIGHTS_SEED = 25;
    static final long CIRCUITS_SEED = 26;
    private static final long CORPUS_SEED = 2026;
    private static final int SMALL_TALK_WEIGHT = 5;
    private static final long VOCABULARY_SEED = 1;
    private static final int VOCABULARY_CHATS = 20_000;
    private static final int VOCABULARY_SIZE = 3072;

    /** Tokens per step at least; the last sequence may go beyond. */
    static final int BATCH_TOKENS = 2048;
    static final int STEPS = 6000;
    static final AdamW OPTIMIZER = new AdamW(0.9f, 0.98f, 1e-8f, 0.05f, 1);
    private static final double PEAK_RATE = 2e-3;
    private static final double LAST_RATE = 2e-5;
    private static final int WARM_UP_STEPS = 150;
    private static final int DECLINE_STEPS = 2400;

    private DemoRecipe() {}

    static NetworkShape shape(BytePairVocabulary vocabulary) {
        return new NetworkShape(vocabulary.size(), 256, 6, 4, 4, 768, 1024);
    }

    static BytePairVocabulary vocabulary(Corpus corpus) {
        BytePairTrainer trainer = new BytePairTrainer();
        ConversationSource chats = mixture(corpus, VOCABULARY_SEED);
        for (int i = 0; i < VOCABULARY_CHATS; i++) {
            SequenceSource.texts(chats.next()).forEach(trainer::add);
        }
        return trainer.train(VOCABULARY_SIZE);
    }

    /** Linear warm-up, a plateau, linear decline; the steps before it do not depend on how many follow. */
    static double learningRate(int step) {
        if (step <= WARM_UP_STEPS) {
            return PEAK_RATE * step / WARM_UP_STEPS;
        }
        double left = (double) (STEPS - step) / DECLINE_STEPS;
        return LAST_RATE + (PEAK_RATE - LAST_RATE) * Math.min(1, left);
    }

    /** What is learned. Chats with tools and passages are three times as long as others, so they are a good half of the tokens. */
    static ConversationSource chats(Corpus corpus) {
        return mixture(corpus, CORPUS_SEED);
    }

    private static ConversationSource mixture(Corpus corpus, long seed) {
        return new Mixture(List.of(new Mixture.Part(new ConversationGenerator(corpus, seed), 36),
                new Mixture.Part(new ConversationGenerator(corpus, seed + 1, SMALL_TALK_WEIGHT), 6),
                new Mixture.Part(new ArithmeticSource(seed + 2), 10),
                new Mixture.Part(new CapitalSource(corpus, seed + 3), 11),
                new Mixture.Part(new PassageSource(seed + 4), 17),
                new Mixture.Part(new ToolCallSource(seed + 5, new ConversationGenerator(corpus, seed + 6)), 12),
                new Mixture.Part(new JsonSource(seed + 7), 8)), seed + 8);
    }
}
