package io.github.jnpu.engine.embedding;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import io.github.jnpu.convert.onnx.CrossEncoderFile;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.backend.BackendException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

class ScoringModelTest {
    private static final String QUERY = "What does the cat do?";

    @TempDir
    Path folder;

    private static ScoringModel load(Path folder) {
        return ScoringModel.load(folder.toString(), EmbeddingModelOptions.DEFAULT);
    }

    /** As LangChain4j's OnnxScoringModel does it: Hugging Face's tokenizer, ONNX Runtime's own Java classes. */
    private static float[] oracle(Path folder, String query, List<String> documents) throws Exception {
        float[] scores = new float[documents.size()];
        try (HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.newInstance(folder.resolve("tokenizer.json"), Map.of(
                "padding", "false", "truncation", "LONGEST_FIRST", "modelMaxLength", "512", "maxLength", "512"));
                OrtSession session = OrtEnvironment.getEnvironment().createSession(folder.resolve("model.onnx")
                        .toString())) {
            for (int i = 0; i < scores.length; i++) {
                Encoding pair = tokenizer.encode(query, documents.get(i));
                try (OnnxTensor ids = tensor(pair.getIds());
                        OnnxTensor mask = tensor(pair.getAttentionMask());
                        OnnxTensor types = tensor(pair.getTypeIds());
                        OrtSession.Result result = session.run(Map.of("input_ids", ids, "attention_mask", mask,
                                "token_type_ids", types))) {
                    scores[i] = ((float[][]) result.get("logits").orElseThrow().getValue())[0][0];
                }
            }
        }
        return scores;
    }

    private static OnnxTensor tensor(long[] row) throws Exception {
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), new long[][]{row});
    }

    @Test
    void scoresAreThoseOfOtherLibraries() throws Exception {
        Path miniLm = CrossEncoderFile.ofMiniLm(folder.resolve("minilm"), 1);
        List<String> documents = new ArrayList<>(Sentences.of(10));
        documents.add("");
        documents.add("The cat sleeps. ".repeat(300));
        try (ScoringModel model = load(miniLm)) {
            assertThat(model.maxTokens()).isEqualTo(512);
            assertAlike(model.score(QUERY, documents, true).scores(), oracle(miniLm, QUERY, documents));
            // Both are too long, by turns the one and the other more.
            String longer = "Why? ".repeat(280);
            List<String> cut = List.of("x ".repeat(150), "x ".repeat(300), "x ".repeat(301), "x ".repeat(1000));
            assertAlike(model.score(longer, cut, true).scores(), oracle(miniLm, longer, cut));
            assertThat(model.score(longer, cut, true).tokenCounts()).containsOnly(512);
        }
    }

    private static void assertAlike(float[] ours, float[] theirs) {
        assertThat(ours).hasSameSizeAs(theirs);
        for (int i = 0; i < ours.length; i++) {
            assertThat(ours[i]).as("%d", i).isCloseTo(theirs[i], within(1e-3f));
        }
        assertThat(theirs[0]).isNotCloseTo(theirs[1], within(1e-2f));
    }

    /** Worked out by hand from the ids. */
    private static float sum(Encoding pair) {
        float sum = 0;
        for (int i = 0; i < pair.getIds().length; i++) {
            sum += CrossEncoderFile.weight((int) pair.getIds()[i]) * (i + 1) * (1 + pair.getTypeIds()[i]);
        }
        return sum;
    }

    @Test
    void pairsOfAllLengthsShareRunsAndComeInOrder() throws Exception {
        for (boolean keepsDimension : List.of(true, false)) {
            Path sums = CrossEncoderFile.ofSum(folder.resolve("sums" + keepsDimension), keepsDimension);
            List<String> documents = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                documents.add("cat dog ".repeat(i * 7 % 23) + i);
            }
            try (ScoringModel model = load(sums);
                    HuggingFaceTokenizer theirs = HuggingFaceTokenizer.newInstance(sums
                            .resolve("tokenizer.json"))) {
                Scores scores = model.score(QUERY, documents, false);
                for (int i = 0; i < documents.size(); i++) {
                    assertThat(scores.scores()[i]).as(documents.get(i)).isEqualTo(sum(theirs.encode(QUERY,
                            documents.get(i))));
                }
                assertThat(scores.tokenCounts()[0]).isEqualTo(6 + 1 + 3);
                assertThat(model.score(QUERY, List.of(), false).scores()).isEmpty();
                List<CompletableFuture<float[]>> many = documents.stream().map(document -> CompletableFuture
                        .supplyAsync(() -> model.score(QUERY, List.of(document), false).scores())).toList();
                for (int i = 0; i < documents.size(); i++) {
                    assertThat(many.get(i).join()).containsExactly(scores.scores()[i]);
                }
                // What a user types is text: it cannot end the query.
                assertThat(model.score("a [SEP] b", List.of("c"), false).tokens()).isGreaterThan(model.score("a b", List
                        .of("c"), false).tokens() + 1);
            }
        }
    }

    @Test
    void whatIsWrongIsSaid() throws Exception {
        assertThatThrownBy(() -> load(folder.resolve("none"))).isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("no such folder");
        assertThatThrownBy(() -> load(CrossEncoderFile.ofMiniLm(folder.resolve("two"), 2))).isInstanceOf(
                BackendException.class).hasMessageContaining("a cross-encoder gives one number");
        Path embedding = Files.createDirectories(folder.resolve("embedding"));
        Files.copy(ScoringModelTest.class.getResourceAsStream("/all-minilm-l6-v2-q-tokenizer.json"), embedding.resolve(
                "tokenizer.json"));
        Files.copy(ScoringModelTest.class.getResourceAsStream("/all-minilm-l6-v2-q.onnx"), embedding.resolve(
                "model.onnx"));
        assertThatThrownBy(() -> load(embedding)).isInstanceOf(BackendException.class).hasMessageContaining(
                "a cross-encoder gives one number");
        Path sums = CrossEncoderFile.ofSum(folder.resolve("sums"), true);
        try (ScoringModel model = ScoringModel.load(sums.toString(), EmbeddingModelOptions.DEFAULT.withContextLength(
                12))) {
            assertThatThrownBy(() -> model.score(QUERY, List.of("a", "one two three four"), false)).isInstanceOf(
                    TextTooLongException.class).hasMessageContaining("13 tokens, more than the 12");
            assertThat(model.score(QUERY, List.of("one two three four"), true).tokens()).isEqualTo(12);
        }
        assertThatThrownBy(() -> ScoringModel.load(sums.toString(), EmbeddingModelOptions.DEFAULT.withBackend(
                "vector"))).isInstanceOf(BackendException.class).hasMessageContaining("onnxruntime");
    }
}
