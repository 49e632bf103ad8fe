package io.github.jnpu.samples.demo;

import io.github.jnpu.samples.demo.corpus.Corpus;
import io.github.jnpu.samples.demo.tokenizer.BytePairVocabulary;
import io.github.jnpu.samples.demo.train.Batch;
import io.github.jnpu.samples.demo.train.Checkpoint;
import io.github.jnpu.samples.demo.train.GradientPass;
import io.github.jnpu.samples.demo.train.Network;
import io.github.jnpu.samples.demo.train.NetworkShape;
import io.github.jnpu.samples.demo.train.StartingCircuits;
import io.github.jnpu.samples.demo.train.Workers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains the demo model: {@code TrainDemoModel DIRECTORY [THREADS]} writes {@code demo.gguf} to the directory. It keeps
 * {@code checkpoint.bin} there and goes on from it; the result does not depend on the number of threads or on
 * interruptions.
 */
public final class TrainDemoModel {
    private static final int REPORT_EVERY = 20;
    private static final int SAVE_EVERY = 100;
    private static final int MEASURE_EVERY = 500;
    private static final int MEASURED = 40;

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
        StartingCircuits.write(network, DemoRecipe.CIRCUITS_SEED);
        int done = Files.exists(checkpoint) ? Checkpoint.read(checkpoint, network) : 0;
        System.out.printf("%d parameters, %d tokens in the vocabulary, %d of %d steps done%n",
                network.parameterCount(), vocabulary.size(), done, DemoRecipe.STEPS);
        try (Workers workers = new Workers(threads)) {
            GradientPass pass = new GradientPass(network, workers, DemoRecipe.BATCH_TOKENS + shape.context());
            Measure measure = new Measure(corpus, vocabulary, pass, shape.context());
            train(network, pass, workers,
                    List.of(new SequenceSource(vocabulary, DemoRecipe.chats(corpus)),
                            new SequenceSource(vocabulary, DemoRecipe.laterChats(corpus)),
                            new SequenceSource(vocabulary, DemoRecipe.lastChats(corpus))),
                    done, checkpoint, measure);
            DemoModelFile.write(directory.resolve("demo.gguf"), network, vocabulary);
        }
    }

    private static void train(Network network, GradientPass pass, Workers workers, List<SequenceSource> stages,
            int done, Path checkpoint, Measure measure) throws IOException {
        int context = network.shape().context();
        long tokens = 0;
        long timed = 0;
        long start = System.nanoTime();
        double lossSum = 0;
        for (int step = 1; step <= DemoRecipe.STEPS; step++) {
            int stage = step <= DemoRecipe.BALANCED_STEPS ? 0 : step <= DemoRecipe.LATER_STEPS ? 1 : 2;
            SequenceSource source = stages.get(stage);
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
            if (step % MEASURE_EVERY == 0) {
                measure.print(step);
            }
        }
    }

    /** Counts on the way how many held-out answers the network would write; does not touch the training. */
    private static final class Measure {
        private final Map<String, List<Batch.Sequence>> sets = new LinkedHashMap<>();
        private final GradientPass pass;

        Measure(Corpus corpus, BytePairVocabulary vocabulary, GradientPass pass, int maxLength) {
            this.pass = pass;
            HeldOutSets.load(corpus, MEASURED, 0).forEach((name, chats) -> sets.put(name,
                    HeldOutSets.some(chats, MEASURED).stream().map(chat -> SequenceSource.lastAnswer(vocabulary, chat))
                            .filter(sequence -> sequence.tokens().length <= maxLength).toList()));
        }

        void print(int step) {
            StringBuilder line = new StringBuilder("step %d, exact:".formatted(step));
            sets.forEach((name, sequences) -> line.append("%n  %s %.0f %%, loss %.3f".formatted(name,
                    100 * exact(sequences), loss(sequences))));
            System.out.println(line);
        }

        /** Of the first of them, as many as a batch takes. */
        private double loss(List<Batch.Sequence> sequences) {
            List<Batch.Sequence> some = new ArrayList<>();
            int size = 0;
            for (int i = 0; i < sequences.size() && size < DemoRecipe.BATCH_TOKENS; i++) {
                some.add(sequences.get(i));
                size += sequences.get(i).tokens().length;
            }
            return pass.loss(new Batch(some));
        }

        private double exact(List<Batch.Sequence> sequences) {
            int exact = 0;
            List<Batch.Sequence> some = new ArrayList<>();
            int size = 0;
            for (int i = 0; i < sequences.size(); i++) {
                some.add(sequences.get(i));
                size += sequences.get(i).tokens().length;
                if (size >= DemoRecipe.BATCH_TOKENS || i + 1 == sequences.size()) {
                    for (boolean right : pass.predictsExactly(new Batch(some))) {
                        exact += right ? 1 : 0;
                    }
                    some.clear();
                    size = 0;
                }
            }
            return (double) exact / sequences.size();
        }
    }
}
