package io.github.jnpu.engine.embedding;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;

import java.util.List;
import java.util.Locale;

/** all-minilm in our hands and in LangChain4j's, side by side: sentences a second, the two in turns. */
final class EmbeddingComparison {
    private static final int ROUNDS = 8;

    private EmbeddingComparison() {}

    public static void main(String[] args) {
        List<String> sentences = Sentences.of(400);
        List<TextSegment> segments = sentences.stream().map(TextSegment::from).toList();
        AllMiniLmL6V2QuantizedEmbeddingModel theirs = new AllMiniLmL6V2QuantizedEmbeddingModel();
        try (EmbeddingModel ours = EmbeddingModel.load("all-minilm", EmbeddingModelOptions.DEFAULT)) {
            System.out.printf("%d tokens%n", ours.embed(sentences).tokens());
            double mine = 0;
            double its = 0;
            double mineOne = 0;
            double itsOne = 0;
            for (int round = 0; round < ROUNDS; round++) {
                mine = Math.max(mine, rate(sentences.size(), () -> ours.embed(sentences)));
                its = Math.max(its, rate(sentences.size(), () -> theirs.embedAll(segments)));
                mineOne = Math.max(mineOne, rate(100, () -> sentences.subList(0, 100)
                        .forEach(sentence -> ours.embed(List.of(sentence)))));
                itsOne = Math.max(itsOne, rate(100, () -> sentences.subList(0, 100).forEach(theirs::embed)));
            }
            System.out.printf(Locale.ROOT, "all at once: jnpu %.0f, LangChain4j %.0f sentences/s%n", mine, its);
            System.out.printf(Locale.ROOT, "one by one: jnpu %.0f, LangChain4j %.0f sentences/s%n", mineOne, itsOne);
        }
    }

    private static double rate(int count, Runnable work) {
        long start = System.nanoTime();
        work.run();
        return count * 1e9 / (System.nanoTime() - start);
    }
}
