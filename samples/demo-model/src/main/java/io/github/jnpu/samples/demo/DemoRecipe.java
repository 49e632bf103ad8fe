package io.github.jnpu.samples.demo;

import io.github.jnpu.samples.demo.corpus.Conversation;
import io.github.jnpu.samples.demo.corpus.ConversationGenerator;
import io.github.jnpu.samples.demo.corpus.Corpus;
import io.github.jnpu.samples.demo.tokenizer.BytePairTrainer;
import io.github.jnpu.samples.demo.tokenizer.BytePairVocabulary;
import io.github.jnpu.samples.demo.train.AdamW;
import io.github.jnpu.samples.demo.train.NetworkShape;

import java.util.Locale;

/** Every number that the demo model depends on. */
final class DemoRecipe {
    static final long WEIGHTS_SEED = 25;
    private static final long CORPUS_SEED = 2026;
    private static final long SMALL_TALK_SEED = 2027;
    static final long PROSE_SEED = ~CORPUS_SEED;
    private static final int SMALL_TALK_WEIGHT = 5;
    private static final long VOCABULARY_SEED = 1;
    private static final int VOCABULARY_CHATS = 20_000;
    private static final int VOCABULARY_SIZE = 2048;

    /** Tokens per step at least; the last sequence may go beyond. */
    static final int BATCH_TOKENS = 1024;
    /** The first stage: everything. */
    static final int GENERAL_STEPS = 1800;
    /** Both stages; the second one brings more small talk, which the first had left weak. */
    static final int STEPS = GENERAL_STEPS + 400;
    static final AdamW OPTIMIZER = new AdamW(0.9f, 0.98f, 1e-8f, 0.05f, 1);
    private static final double PEAK_RATE = 1.5e-3;
    private static final double SECOND_PEAK_RATE = 6e-4;
    private static final double LAST_RATE = 1.5e-5;
    private static final int WARM_UP_STEPS = 100;
    private static final int DECLINE_STEPS = 600;

    private DemoRecipe() {}

    static NetworkShape shape(BytePairVocabulary vocabulary) {
        return new NetworkShape(vocabulary.size(), 256, 4, 8, 4, 768, 512);
    }

    static BytePairVocabulary vocabulary(Corpus corpus) {
        BytePairTrainer trainer = new BytePairTrainer();
        ConversationGenerator chats = new ConversationGenerator(corpus, VOCABULARY_SEED);
        for (int i = 0; i < VOCABULARY_CHATS; i++) {
            for (Conversation.Message message : chats.next().messages()) {
                trainer.add(message.role().name().toLowerCase(Locale.ROOT) + "\n" + message.text());
            }
        }
        corpus.prose().forEach(trainer::add);
        return trainer.train(VOCABULARY_SIZE);
    }

    /** Linear warm-up, a plateau, linear decline (the steps before it do not depend on how many follow), a second decline. */
    static double learningRate(int step) {
        if (step <= WARM_UP_STEPS) {
            return PEAK_RATE * step / WARM_UP_STEPS;
        }
        if (step > GENERAL_STEPS) {
            double remaining = (double) (STEPS - step) / (STEPS - GENERAL_STEPS);
            return LAST_RATE + (SECOND_PEAK_RATE - LAST_RATE) * remaining;
        }
        double left = (double) (GENERAL_STEPS - step) / DECLINE_STEPS;
        return LAST_RATE + (PEAK_RATE - LAST_RATE) * Math.min(1, left);
    }

    static ConversationGenerator chats(Corpus corpus) {
        return new ConversationGenerator(corpus, CORPUS_SEED);
    }

    static ConversationGenerator smallTalk(Corpus corpus) {
        return new ConversationGenerator(corpus, SMALL_TALK_SEED, SMALL_TALK_WEIGHT);
    }
}
