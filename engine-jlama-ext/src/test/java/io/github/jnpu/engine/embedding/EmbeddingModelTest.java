package io.github.jnpu.engine.embedding;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import io.github.jnpu.convert.RandomEncoder;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.backend.BackendException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

class EmbeddingModelTest {
    private static EmbeddingModel miniLm;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        miniLm = EmbeddingModel.load("all-minilm", EmbeddingModelOptions.DEFAULT);
    }

    @AfterAll
    static void close() {
        miniLm.close();
    }

    @Test
    void allMiniLmAgreesWithLangChain4jsOwnClass() {
        List<String> sentences = Sentences.of(100);
        List<float[]> ours = miniLm.embed(sentences).vectors();
        List<Embedding> theirs = new AllMiniLmL6V2QuantizedEmbeddingModel()
                .embedAll(sentences.stream().map(TextSegment::from).toList()).content();
        assertThat(ours).hasSize(100);
        for (int i = 0; i < ours.size(); i++) {
            assertThat(dot(ours.get(i), theirs.get(i).vector())).as(sentences.get(i)).isGreaterThan(0.9999);
        }
    }

    @Test
    void likeTextsAreNearerThanOthers() {
        List<float[]> vectors = miniLm.embed(List.of("The cat sleeps on the sofa.",
                "A kitten is napping on the couch.", "Interest rates rose by half a percent.")).vectors();
        assertThat(dot(vectors.get(0), vectors.get(1))).isGreaterThan(dot(vectors.get(0), vectors.get(2)) + 0.3);
    }

    @Test
    void vectorsHaveLengthOneAndComeInOrder() {
        List<String> texts = new ArrayList<>(Sentences.of(30));
        Collections.shuffle(texts, new Random(3));
        Embeddings together = miniLm.embed(texts);
        assertThat(miniLm.dimension()).isEqualTo(384);
        for (int i = 0; i < texts.size(); i++) {
            float[] vector = together.vectors().get(i);
            assertThat(dot(vector, vector)).isCloseTo(1, within(1e-5));
            assertThat(dot(vector, miniLm.embed(List.of(texts.get(i))).vectors().getFirst())).isGreaterThan(0.9999);
            assertThat(together.tokenCounts()[i]).isEqualTo(miniLm.countTokens(texts.get(i)));
        }
    }

    @Test
    void longTextsAreCutOrRefused() {
        String text = "word ".repeat(600);
        EmbeddingRequest request = EmbeddingRequest.of(List.of(text));
        Embeddings cut = miniLm.embed(request);
        assertThat(cut.tokenCounts()).containsExactly(512);
        // 510 words and the two tokens around them.
        float[] expected = miniLm.embed(List.of("word ".repeat(510))).vectors().getFirst();
        assertThat(cut.vectors().getFirst()).containsExactly(expected);
        assertThatThrownBy(() -> miniLm.embed(request.withTruncate(false))).isInstanceOf(TextTooLongException.class)
                .hasMessageContaining("602 tokens, more than the 512")
                .extracting("tokens", "limit").containsExactly(602, 512);
    }

    @Test
    void theContextLengthCanBeShorter() {
        try (EmbeddingModel model = EmbeddingModel.load("all-minilm",
                EmbeddingModelOptions.DEFAULT.withContextLength(10))) {
            assertThat(model.maxTokens()).isEqualTo(10);
            assertThat(model.embed(List.of("word ".repeat(50))).tokens()).isEqualTo(10);
        }
    }

    @Test
    void dimensionsAreTheFirstOnesScaledAnew() {
        EmbeddingRequest request = EmbeddingRequest.of(List.of("some text"));
        float[] whole = miniLm.embed(request).vectors().getFirst();
        float[] some = miniLm.embed(request.withDimensions(4)).vectors().getFirst();
        assertThat(some).hasSize(4);
        assertThat(dot(some, some)).isCloseTo(1, within(1e-5));
        assertThat(some[1] / some[0]).isCloseTo(whole[1] / whole[0], within(1e-4f));
        assertThat(miniLm.embed(request.withDimensions(1000)).vectors().getFirst()).containsExactly(whole);
        float[] raw = miniLm.embed(request.withNormalize(false)).vectors().getFirst();
        assertThat(Math.abs(dot(raw, raw) - 1)).isGreaterThan(0.01);
    }

    @Test
    void emptyAndOddTextsHaveVectors() {
        assertThat(miniLm.embed(List.of()).vectors()).isEmpty();
        List<float[]> vectors = miniLm.embed(List.of("", " ", "\u0000", "🦙", "a".repeat(200))).vectors();
        assertThat(vectors).hasSize(5);
        assertThat(vectors.get(0)).containsExactly(vectors.get(1));
    }

    @Test
    void manyThreadsGetTheirOwnVectors() {
        List<String> texts = Sentences.of(24);
        List<float[]> expected = miniLm.embed(texts).vectors();
        List<CompletableFuture<float[]>> futures = texts.stream().map(text -> CompletableFuture
                .supplyAsync(() -> miniLm.embed(List.of(text)).vectors().getFirst())).toList();
        for (int i = 0; i < texts.size(); i++) {
            assertThat(dot(futures.get(i).join(), expected.get(i))).isGreaterThan(0.9999);
        }
    }

    @Test
    void aFolderWithAnOnnxFileIsTheSameModel() throws IOException {
        copyTo("/all-minilm-l6-v2-q.onnx", "model.onnx");
        copyTo("/all-minilm-l6-v2-q-tokenizer.json", "tokenizer.json");
        Files.writeString(folder.resolve("config.json"), "{\"max_position_embeddings\": 512}");
        try (EmbeddingModel model = EmbeddingModel.load(folder.toString(), EmbeddingModelOptions.DEFAULT)) {
            assertThat(model.maxTokens()).isEqualTo(512);
            assertThat(model.embed(List.of("some text")).vectors().getFirst())
                    .containsExactly(miniLm.embed(List.of("some text")).vectors().getFirst());
        }
        Files.createDirectories(folder.resolve("1_Pooling"));
        Files.writeString(folder.resolve("1_Pooling/config.json"), "{\"pooling_mode_cls_token\": true}");
        try (EmbeddingModel model = EmbeddingModel.load(folder.toString(), EmbeddingModelOptions.DEFAULT)) {
            assertThat(dot(model.embed(List.of("some text")).vectors().getFirst(),
                    miniLm.embed(List.of("some text")).vectors().getFirst())).isLessThan(0.99);
        }
    }

    private void copyTo(String resource, String name) throws IOException {
        try (InputStream stream = EmbeddingModelTest.class.getResourceAsStream(resource)) {
            Files.copy(stream, folder.resolve(name));
        }
    }

    @Test
    void ggufEncodersRunOnEveryBackend() throws IOException {
        Path file = RandomEncoder.nomic(TensorType.Q8_0).write(folder.resolve("nomic.gguf"));
        List<String> texts = List.of("hello world", "the cat sat on the mat. ".repeat(40), "x");
        List<List<float[]>> results = new ArrayList<>();
        for (String backend : List.of("reference", "vector", "onnxruntime")) {
            try (EmbeddingModel model = EmbeddingModel.load(file,
                    EmbeddingModelOptions.DEFAULT.withBackend(backend).withThreads(2))) {
                assertThat(model.dimension()).isEqualTo(RandomEncoder.WIDTH);
                Embeddings embeddings = model.embed(texts);
                assertThat(embeddings.tokenCounts()).containsExactly(4, RandomEncoder.CONTEXT, 3);
                results.add(embeddings.vectors());
            }
        }
        for (int i = 0; i < texts.size(); i++) {
            assertThat(dot(results.get(0).get(i), results.get(1).get(i))).isGreaterThan(0.999);
            assertThat(dot(results.get(0).get(i), results.get(2).get(i))).isGreaterThan(0.999);
        }
    }

    @Test
    void whatCannotBeLoadedIsSaid() throws IOException {
        assertThatThrownBy(() -> EmbeddingModel.load("all-minilm", EmbeddingModelOptions.DEFAULT.withBackend("vector")))
                .isInstanceOf(BackendException.class).hasMessageContaining("an ONNX file runs on 'onnxruntime' only");
        assertThatThrownBy(() -> EmbeddingModel.load(folder, EmbeddingModelOptions.DEFAULT))
                .isInstanceOf(ModelNotFoundException.class).hasMessageContaining("model.onnx");
        Path broken = Files.createDirectories(folder.resolve("broken"));
        Files.write(broken.resolve("model.onnx"), new byte[]{1, 2, 3});
        copyTo("/all-minilm-l6-v2-q-tokenizer.json", "broken/tokenizer.json");
        assertThatThrownBy(() -> EmbeddingModel.load(broken, EmbeddingModelOptions.DEFAULT))
                .isInstanceOf(BackendException.class).hasMessageContaining("make a session");
        Path decoder = folder.resolve("llama.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), FileType.Q8_0, false, 1).write(decoder);
        assertThatThrownBy(() -> EmbeddingModel.load(decoder, EmbeddingModelOptions.DEFAULT))
                .isInstanceOf(ModelFormatException.class).hasMessageContaining("'llama' is no encoder");
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
