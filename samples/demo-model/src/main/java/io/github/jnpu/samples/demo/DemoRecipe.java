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
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Every number that the demo model depends on. */
final class DemoRecipe {
    static final long WEIGHTS_SEED = 25;
    static final long CIRCUITS_SEED = 26;
    private static final long CORPUS_SEED = 2026;
    private static final long LATER_CORPUS_SEED = 3026;
    private static final long LAST_CORPUS_SEED = 4026;
    private static final List<Integer> FIRST_WEIGHTS = List.of(36, 6, 10, 11, 17, 12, 8);
    private static final List<Integer> LATER_WEIGHTS = List.of(28, 5, 14, 9, 22, 18, 8);
    private static final List<Integer> LAST_WEIGHTS = List.of(22, 5, 12, 6, 28, 25, 7);
    private static final int SMALL_TALK_WEIGHT = 5;
    private static final long VOCABULARY_SEED = 1;
    private static final int VOCABULARY_CHATS = 20_000;
    private static final int VOCABULARY_SIZE = 3072;

    /** Tokens per step at least; the last sequence may go beyond. */
    static final int BATCH_TOKENS = 2048;
    /** So long the learning rate is high. */
    private static final int FAST_STEPS = 2000;
    /** So long {@link #chats} are learned, then {@link #laterChats}, then {@link #lastChats}. */
    static final int BALANCED_STEPS = 2700;
    static final int LATER_STEPS = 4000;
    static final int STEPS = LATER_STEPS + 1800;
    static final AdamW OPTIMIZER = new AdamW(0.9f, 0.98f, 1e-8f, 0.05f, 1);
    private static final double PEAK_RATE = 2e-3;
    private static final double SECOND_RATE = 1.2e-3;
    private static final int DECLINE_STEPS = 3200;
    private static final double THIRD_RATE = 4.5625e-4;
    private static final double LAST_RATE = 1e-5;
    private static final int WARM_UP_STEPS = 150;

    private DemoRecipe() {}

    static NetworkShape shape(BytePairVocabulary vocabulary) {
        return new NetworkShape(vocabulary.size(), 256, 6, 4, 4, 768, 1024);
    }

    static BytePairVocabulary vocabulary(Corpus corpus) {
        BytePairTrainer trainer = new BytePairTrainer();
        ConversationSource chats = mixture(corpus, VOCABULARY_SEED, FIRST_WEIGHTS);
        for (int i = 0; i < VOCABULARY_CHATS; i++) {
            SequenceSource.texts(chats.next()).forEach(trainer::add);
        }
        return trainer.train(VOCABULARY_SIZE);
    }

    /** Linear warm-up and a plateau, then from a lower rate on linear decline, which the last stage draws out. */
    static double learningRate(int step) {
        if (step <= FAST_STEPS) {
            return PEAK_RATE * Math.min(1, (double) step / WARM_UP_STEPS);
        }
        if (step <= LATER_STEPS) {
            double left = (double) (FAST_STEPS + DECLINE_STEPS - step) / DECLINE_STEPS;
            return LAST_RATE + (SECOND_RATE - LAST_RATE) * left;
        }
        double left = (double) (STEPS - step) / (STEPS - LATER_STEPS);
        return LAST_RATE + (THIRD_RATE - LAST_RATE) * left;
    }

    /** What is learned at first. Chats with tools and passages are three times as long as others, so they are a good half of the tokens. */
    static ConversationSource chats(Corpus corpus) {
        return mixture(corpus, CORPUS_SEED, FIRST_WEIGHTS);
    }

    /** What is learned when most answers are known by heart: more passages and tools. */
    static ConversationSource laterChats(Corpus corpus) {
        return mixture(corpus, LATER_CORPUS_SEED, LATER_WEIGHTS);
    }

    /** What is learned at the end: still more of both. */
    static ConversationSource lastChats(Corpus corpus) {
        return mixture(corpus, LAST_CORPUS_SEED, LAST_WEIGHTS);
    }

    /** Where the questions come from whose answers are learned by heart; every second source favours small talk. */
    static List<ConversationGenerator> questions(Corpus corpus) {
        return Stream.of(CORPUS_SEED, LATER_CORPUS_SEED, LAST_CORPUS_SEED)
                .flatMap(seed -> questions(corpus, seed).stream()).toList();
    }

    private static List<ConversationGenerator> questions(Corpus corpus, long seed) {
        return List.of(new ConversationGenerator(corpus, seed),
                new ConversationGenerator(corpus, seed + 1, SMALL_TALK_WEIGHT));
    }

    /**
     * All sources.
     *
     * @param weights
     *            of questions, questions with more small talk, sums, capitals, passages, tools and JSON
     */
    private static ConversationSource mixture(Corpus corpus, long seed, List<Integer> weights) {
        List<ConversationGenerator> questions = questions(corpus, seed);
        List<ConversationSource> sources = List.of(questions.getFirst(), questions.getLast(),
                new ArithmeticSource(seed + 2), new CapitalSource(corpus, seed + 3), new PassageSource(seed + 4),
                new ToolCallSource(seed + 5, new ConversationGenerator(corpus, seed + 6)), new JsonSource(seed + 7));
        return new Mixture(IntStream.range(0, sources.size())
                .mapToObj(i -> new Mixture.Part(sources.get(i), weights.get(i))).toList(), seed + 8);
    }
}
