package io.github.jnpu.samples.rag;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.HardwareProbe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Measures retrieval with questions whose answers are known, and the answers of a model. */
final class Measurement {
    private static final int DEPTH = 10;
    /** Texts that each embedding model sees before the clock runs. */
    private static final int WARM_UP = 50;

    /**
     * How well and how fast passages are found. A hit is a passage of the right document that has the whole sentence in it.
     *
     * @param hits1
     *            share of questions whose passage came first; the others: among the first three and five
     * @param reciprocalRank
     *            mean over all questions, 0 where it is not among the first ten
     * @param ingestSeconds
     *            from empty to written down
     * @param questionsPerSecond
     *            embedded and looked up, one at a time
     */
    record Retrieval(int documents, int passages, double hits1, double hits3, double hits5, double reciprocalRank,
            double ingestSeconds, double questionsPerSecond) {}

    /**
     * How well and how fast a model answers.
     *
     * @param exact
     *            share of answers that have the expected sentence in them, white space and case aside
     * @param failed
     *            questions that got no answer
     */
    record Answering(int questions, double exact, int failed, double answersPerSecond) {}

    private Measurement() {}

    static String machine() {
        Cpu cpu = HardwareProbe.local().cpu();
        return "%s, %d cores, Java %s".formatted(cpu.model(), cpu.physicalCores(), Runtime.version().feature());
    }

    static Retrieval retrieval(EmbeddingChoice embedding, Path corpus, List<Question> questions) throws IOException {
        embedding.model().embedAll(questions.stream().limit(WARM_UP).map(Question::text).map(TextSegment::from)
                .toList());
        questions.stream().limit(WARM_UP).forEach(question -> embedding.model().embed(question.text()));
        Path directory = Files.createTempDirectory("rag-measure");
        try {
            long start = System.nanoTime();
            PassageStore store = new PassageStore(directory, embedding.model(), embedding.name());
            PassageStore.Changes changes = store.ingest(corpus, text -> {});
            double ingestSeconds = (System.nanoTime() - start) / 1e9;
            int[] ranks = new int[questions.size()];
            start = System.nanoTime();
            for (int i = 0; i < ranks.length; i++) {
                ranks[i] = rank(embedding, store, questions.get(i));
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            double reciprocal = 0;
            for (int rank : ranks) {
                reciprocal += rank == 0 ? 0 : 1.0 / rank;
            }
            return new Retrieval(changes.added(), store.size(), within(1, ranks), within(3, ranks), within(5, ranks),
                    reciprocal / ranks.length, ingestSeconds, ranks.length / seconds);
        } finally {
            delete(directory);
        }
    }

    /** From 1; 0 if it is not found. */
    private static int rank(EmbeddingChoice embedding, PassageStore store, Question question) {
        Embedding vector = embedding.model().embed(question.text()).content();
        List<EmbeddingMatch<TextSegment>> matches = store.passages().search(EmbeddingSearchRequest.builder()
                .queryEmbedding(vector).maxResults(DEPTH).build()).matches();
        for (int i = 0; i < matches.size(); i++) {
            TextSegment passage = matches.get(i).embedded();
            if (question.document().equals(passage.metadata().getString(PassageStore.FILE)) && DocumentAssistant.plain(
                    passage.text()).contains(DocumentAssistant.plain(question.sentence()))) {
                return i + 1;
            }
        }
        return 0;
    }

    private static double within(int first, int[] ranks) {
        int hits = 0;
        for (int rank : ranks) {
            hits += rank > 0 && rank <= first ? 1 : 0;
        }
        return (double) hits / ranks.length;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    static Answering answering(DocumentAssistant assistant, List<Question> questions, Consumer<String> progress) {
        int exact = 0;
        int failed = 0;
        assistant.answer(questions.getFirst().text(), text -> {});
        long start = System.nanoTime();
        for (int i = 0; i < questions.size(); i++) {
            Question question = questions.get(i);
            try {
                String answer = assistant.answer(question.text(), text -> {}).text();
                exact += DocumentAssistant.plain(answer).contains(DocumentAssistant.plain(question.sentence())) ? 1 : 0;
            } catch (LangChain4jException e) {
                failed++;
                progress.accept("no answer to '%s': %s".formatted(question.text(), e.getMessage()));
            }
            progress.accept("asked %d of %d questions".formatted(i + 1, questions.size()));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Answering(questions.size(), (double) exact / questions.size(), failed, questions.size() / seconds);
    }

    static List<String> lines(EmbeddingChoice embedding, Retrieval found) {
        return List.of(line("hit rate at 1", percent(found.hits1()), embedding.name()),
                line("hit rate at 3", percent(found.hits3()), embedding.name()),
                line("hit rate at 5", percent(found.hits5()), embedding.name()),
                line("mean reciprocal rank", number("%.3f", found.reciprocalRank()), embedding.name()),
                line("ingestion", number("%.2f s", found.ingestSeconds()), embedding.name()),
                line("questions looked up", number("%.0f /s", found.questionsPerSecond()), embedding.name()));
    }

    static List<String> lines(String model, Answering answers) {
        return List.of(line("answers", number("%.2f /s", answers.answersPerSecond()), model),
                line("with the sentence in it", percent(answers.exact()), model),
                line("without an answer", String.valueOf(answers.failed()), model));
    }

    private static String line(String figure, String value, String model) {
        return "%-24s %10s   %s".formatted(figure, value, model);
    }

    private static String percent(double share) {
        return number("%.1f %%", 100 * share);
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
