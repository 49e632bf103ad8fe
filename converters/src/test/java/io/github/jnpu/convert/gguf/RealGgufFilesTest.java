package io.github.jnpu.convert.gguf;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.tensor.TensorType;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

class RealGgufFilesTest {

    @Test
    void readsTheTrainedLlama() {
        try (GgufFile file = GgufFile.open(TestModels.stories260K())) {
            assertThat(file.metadata().string("general.architecture")).contains("llama");
            assertThat(file.metadata().strings("tokenizer.ggml.tokens")).hasSize(512).startsWith("<unk>", "<s>",
                    "</s>");
            assertThat(file.requireTensor("token_embd.weight").shape()).containsExactly(512, 64);
            assertThat(file.tensors()).allMatch(tensor -> tensor.type() == TensorType.F32);
            assertThat(ModelConfig.of(file)).extracting(ModelConfig::layers, ModelConfig::heads,
                    ModelConfig::keyValueHeads).containsExactly(5, 8, 4);
        }
    }

    @Test
    void readsVocabulariesWithoutTensors() throws IOException {
        List<Path> files;
        try (Stream<Path> folder = Files.list(TestModels.require("ggml-vocab"))) {
            files = folder.filter(path -> path.toString().endsWith(".gguf")).toList();
        }
        assertThat(files).hasSizeGreaterThanOrEqualTo(5);
        for (Path path : files) {
            try (GgufFile file = GgufFile.open(path)) {
                assertThat(file.tensors()).as("%s", path).isEmpty();
                assertThat(file.metadata().strings("tokenizer.ggml.tokens")).as("%s", path)
                        .hasSizeGreaterThan(30_000);
                assertThat(file.byteSize()).isEqualTo(Files.size(path));
            }
        }
    }
}
