package io.github.jnpu.samples.demo;

import io.github.jnpu.samples.demo.corpus.Conversation;
import io.github.jnpu.samples.demo.corpus.ConversationGenerator;
import io.github.jnpu.samples.demo.corpus.Corpus;
import io.github.jnpu.samples.demo.tokenizer.BytePairVocabulary;
import io.github.jnpu.samples.demo.train.Batch;
import io.github.jnpu.samples.demo.train.Checkpoint;
import io.github.jnpu.samples.demo.train.GradientPass;
import io.github.jnpu.samples.demo.train.Network;
import io.github.jnpu.samples.demo.train.NetworkShape;
import io.github.jnpu.samples.demo.train.Workers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Trains the demo model: {@code TrainDemoModel DIRECTORY [THREADS]} writes {@code demo.gguf} to the directory. It keeps
 * {@code checkpoint.bin} there and goes on from it; the result does not depend on the number of threads or on
 * interruptions.
 */
public final class TrainDemoModel {
    private static final int REPORT_EVERY = 20;
    private static final int SAVE_EVERY = 100;

    private TrainDemoModel() {}

    public static void main(String[] arguments) throws IOException {
        Path directory = Files.createDirectories(Path.of(arguments[0]));
        int threads = arguments.length > 1
                ? Integer.parseInt(arguments[1])
                : Runtime.getRuntime().availableProcessors();
        Path checkpoint = directory.resolve("checkpoint.bin");
        Corpus corpus = Corpus.load();
        BytePairVocabulary vocabulary = DemoRecipe.vocabulary(corpus);
        NetworkShape shape = DemoRecipe.shape(vocabulary);
        Network network = new Network(shape, DemoRecipe.WEIGHTS_SEED);
        int done = Files.exists(checkpoint) ? Checkpoint.read(checkpoint, network) : 0;
        System.out.printf("%d parameters, %d tokens in the vocabulary, %d of %d steps done%n",
                network.parameterCount(), vocabulary.size(), done, DemoRecipe.STEPS);
        try (Workers workers = new Workers(threads)) {
            GradientPass pass = new GradientPass(network, workers, DemoRecipe.BATCH_TOKENS + shape.context());
            SequenceSource general = new SequenceSource(corpus, vocabulary, DemoRecipe.chats(corpus),
                    DemoRecipe.PROSE_SEED);
            SequenceSource smallTalk = new SequenceSource(corpus, vocabulary, DemoRecipe.smallTalk(corpus),
                    DemoRecipe.PROSE_SEED);
            train(network, pass, workers, List.of(general, smallTalk), done, checkpoint);
            DemoModelFile.write(directory.resolve("demo.gguf"), network, vocabulary);
            System.out.printf("held-out phrasings answered exactly, of every tenth: %.1f %%%n",
                    100 * heldOutExactly(corpus, vocabulary, pass, 10));
        }

    }

    private static void train(Network network, GradientPass pass, Workers workers, List<SequenceSource> stages,
            int done,
            Path checkpoint) throws IOException {
        int context = network.shape().context();
        long tokens = 0;
        long timed = 0;
        long start = System.nanoTime();
        double lossSum = 0;
        for (int step = 1; step <= DemoRecipe.STEPS; step++) {
            SequenceSource source = step <= DemoRecipe.GENERAL_STEPS ? stages.getFirst() : stages.getLast();
            Batch batch = source.next(DemoRecipe.BATCH_TOKENS, context);
            tokens += batch.size();
            if (step <= done) {
                continue;
            }
            lossSum += pass.accumulate(batch);
            double norm = DemoRecipe.OPTIMIZER.update(workers, network.parameters(), step,
                    DemoRecipe.learningRate(step));
            timed += batch.size();
            if (step % REPORT_EVERY == 0) {
                System.out.printf("step %d, %d tokens: loss %.4f, gradient norm %.3f, %.0f tokens/s%n", step, tokens,
                        lossSum / REPORT_EVERY, norm, timed * 1e9 / (System.nanoTime() - start));
                lossSum = 0;
            }
            if (step % SAVE_EVERY == 0 || step == DemoRecipe.STEPS) {
                Checkpoint.write(checkpoint, network, step);
            }
        }
    }

    /**
     * The share of held-out questions whose answer is the network's first choice token for token.
     *
     * @param every
     *            1 for all, n for every n-th
     */
    static double heldOutExactly(Corpus corpus, BytePairVocabulary vocabulary, GradientPass pass, int every) {
        List<Conversation> turns = ConversationGenerator.heldOut(corpus);
        int exact = 0;
        int count = 0;
        List<Batch.Sequence> sequences = new ArrayList<>();
        int size = 0;
        for (int i = 0; i < turns.size(); i += every) {
            Conversation turn = turns.get(i);
            sequences.add(SequenceSource.chat(vocabulary, turn));
            size += sequences.getLast().tokens().length;
            count++;
            if (size >= DemoRecipe.BATCH_TOKENS || i + every >= turns.size()) {
                for (boolean right : pass.predictsExactly(new Batch(sequences))) {
                    exact += right ? 1 : 0;
                }
                sequences.clear();
                size = 0;
            }
        }
        return (double) exact / count;
    }
}
