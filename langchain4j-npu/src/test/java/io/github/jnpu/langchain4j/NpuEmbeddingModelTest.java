package io.github.jnpu.langchain4j;

import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.common.AbstractEmbeddingModelIT;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.store.embedding.CosineSimilarity;
import io.github.jnpu.convert.RandomEncoder;
import io.github.jnpu.convert.tensor.TensorType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** LangChain4j's own tests of embedding models, and ours. */
class NpuEmbeddingModelTest extends AbstractEmbeddingModelIT {
    private static NpuEmbeddingModel model;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        model = prefixed().build();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static NpuEmbeddingModel.Builder prefixed() {
        return NpuEmbeddingModel.builder().modelName("all-minilm").queryPrefix("query: ").documentPrefix("text: ");
    }

    /** Not closeable: JUnit would close it behind the first test. */
    private record Borrowed(EmbeddingModel lender) implements EmbeddingModel {
        @Override
        public EmbeddingResponse embed(EmbeddingRequest request) {
            return lender.embed(request);
        }

        @Override
        public EmbeddingResponse doEmbed(EmbeddingRequest request) {
            return lender.doEmbed(request);
        }

        @Override
        public int dimension() {
            return lender.dimension();
        }

        @Override
        public String modelName() {
            return lender.modelName();
        }
    }

    @Override
    protected List<EmbeddingModel> models() {
        return List.of(new Borrowed(model));
    }

    @Override
    protected EmbeddingModel modelWith(EmbeddingModelListener listener) {
        return prefixed().listeners(List.of(listener)).build();
    }

    @Override
    protected EmbeddingModel failingModelWith(EmbeddingModelListener listener) {
        return prefixed().listeners(List.of(listener)).contextLength(2).truncate(false).build();
    }

    @Override
    protected boolean supportsInputTypeParameter() {
        return true;
    }

    @Override
    protected boolean supportsDimensionsParameter() {
        return true;
    }

    @Override
    protected boolean supportsImageInput() {
        return false;
    }

    @Override
    protected boolean supportsInterleavedInput() {
        return false;
    }

    /** Refused before anyone looks at it; the original would be downloaded. */
    @Override
    protected ImageContent catImage() {
        return ImageContent.from("AAAA", "image/png");
    }

    @Override
    protected int dimensionsParameter() {
        return 64;
    }

    @Test
    void agreesWithLangChain4jsOwnClass() {
        AllMiniLmL6V2QuantizedEmbeddingModel theirs = new AllMiniLmL6V2QuantizedEmbeddingModel();
        for (String text : List.of("Hello, World!", "Crème brûlée is a dessert.", "x")) {
            assertThat(CosineSimilarity.between(model.embed(text).content(), theirs.embed(text).content()))
                    .isCloseTo(1, within(1e-4));
        }
        assertThat(model.dimension()).isEqualTo(384);
        assertThat(model.modelName()).isEqualTo("all-minilm");
        assertThat(model.provider()).isEqualTo(ModelProvider.OTHER);
        assertThat(model.embedAll(List.of(TextSegment.from("hello"), TextSegment.from("hello world"))).tokenUsage()
                .inputTokenCount()).isEqualTo(3 + 4);
    }

    @Test
    void equalModelsShareAnEngine() {
        int before = NpuEmbeddingModel.loadedModels();
        NpuEmbeddingModel other = prefixed().dimensions(8).build();
        assertThat(NpuEmbeddingModel.loadedModels()).isEqualTo(before);
        other.close();
        other.close();
        assertThatThrownBy(() -> other.embed("x")).isInstanceOf(IllegalStateException.class);
        assertThat(model.embed("x").content().vector()).hasSize(384);
        try (NpuEmbeddingModel shorter = prefixed().contextLength(9).build()) {
            assertThat(NpuEmbeddingModel.loadedModels()).isEqualTo(before + 1);
            assertThat(shorter.dimension()).isEqualTo(384);
        }
        assertThat(NpuEmbeddingModel.loadedModels()).isEqualTo(before);
    }

    @Test
    void ggufEncodersEmbed() throws IOException {
        Path file = RandomEncoder.nomic(TensorType.F32).write(folder.resolve("nomic.gguf"));
        try (NpuEmbeddingModel gguf = NpuEmbeddingModel.builder().modelPath(file).dimensions(16).build()) {
            assertThat(gguf.dimension()).isEqualTo(16);
            assertThat(gguf.embed("hello world").content().vector()).hasSize(16);
        }
    }

    @Test
    void whatIsWrongIsSaid() {
        assertThatThrownBy(() -> NpuEmbeddingModel.builder().build()).isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("set modelName");
        assertThatThrownBy(() -> NpuEmbeddingModel.builder().modelName("./nothing.gguf").build())
                .isInstanceOf(ModelNotFoundException.class).hasMessageContaining("nothing.gguf");
        assertThatThrownBy(() -> model.embed(EmbeddingRequest.builder().input("x").modelName("other").build()))
                .isInstanceOf(InvalidRequestException.class).hasMessageContaining("'all-minilm', not 'other'");
        assertThatThrownBy(() -> model.embed(EmbeddingRequest.builder().input("x").dimensions(0).build()))
                .isInstanceOf(InvalidRequestException.class).hasMessageContaining("dimensions");
        try (NpuEmbeddingModel strict = prefixed().contextLength(4).truncate(false).build()) {
            assertThatThrownBy(() -> strict.embed("one two three four")).isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("6 tokens, more than the 4");
        }
    }
}
