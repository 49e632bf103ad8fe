package io.github.jnpu.engine.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.graph.Pooling;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** Decoders whose files ask for pooling. */
class PooledDecoderTest {
    @TempDir
    Path folder;

    private Path random(String architecture, Pooling pooling) throws IOException {
        Path plain = folder.resolve("plain.gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), FileType.F32, true, 1).write(plain);
        Path file = folder.resolve("pooled.gguf");
        try (GgufFile model = GgufFile.open(plain)) {
            GgufWriter writer = new GgufWriter();
            writer.copyMetadata(model.metadata(), Set.of());
            writer.putUnsigned(architecture + ".pooling_type", pooling.fileId());
            model.tensors()
                    .forEach(tensor -> writer.tensor(tensor.name(), tensor.type(), tensor.shape(), tensor.data()));
            writer.write(file);
        }
        return file;
    }

    /** Of llama.cpp 0.7.0, as in {@code EncoderTest}. */
    @ParameterizedTest
    @CsvSource({"qwen3,LAST", "llama,MEAN"})
    void vectorsAreLlamaCpps(String architecture, Pooling pooling) throws IOException {
        JsonNode golden;
        try (InputStream json = PooledDecoderTest.class.getResourceAsStream("/golden/encoders.json")) {
            golden = new ObjectMapper().readTree(json).get(architecture + "-" + pooling);
        }
        Path file = random(architecture, pooling);
        for (String backend : List.of("reference", "vector")) {
            try (EmbeddingModel model = EmbeddingModel.load(file,
                    EmbeddingModelOptions.DEFAULT.withBackend(backend).withThreads(2))) {
                List<float[]> vectors = model.embed(List.of("hello world", "The cat sat on the mat, running!"))
                        .vectors();
                for (int text = 0; text < vectors.size(); text++) {
                    assertThat(vectors.get(text)).hasSize(golden.get(text).size());
                    for (int i = 0; i < vectors.get(text).length; i++) {
                        assertThat((double) vectors.get(text)[i]).as("%s, feature %d", backend, i)
                                .isCloseTo(golden.get(text).get(i).asDouble(), within(1e-3));
                    }
                }
            }
        }
    }

    @Test
    void longTextsAreCut() throws IOException {
        try (EmbeddingModel model = EmbeddingModel.load(random("qwen3", Pooling.MEAN),
                EmbeddingModelOptions.DEFAULT.withContextLength(20))) {
            assertThat(model.embed(List.of("word ".repeat(100))).tokens()).isEqualTo(20);
            assertThatThrownBy(() -> model
                    .embed(EmbeddingRequest.of(List.of("word ".repeat(100))).withTruncate(false)))
                    .isInstanceOf(TextTooLongException.class);
        }
    }
}
