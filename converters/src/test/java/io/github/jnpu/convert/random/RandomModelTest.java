package io.github.jnpu.convert.random;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.Architecture;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.convert.tensor.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

class RandomModelTest {
    private static final ModelSize SMALL = new ModelSize(256, 8, 4, 2, 64, 512, 600, 128);

    @TempDir
    Path folder;

    private GgufFile write(RandomModel model) throws IOException {
        Path path = folder.resolve("model.gguf");
        model.write(path);
        return GgufFile.open(path);
    }

    private static float[] values(ModelTensor tensor) {
        int count = (int) tensor.elementCount();
        float[] values = new float[count];
        Dequantizer.dequantize(tensor.type(), tensor.data(), 0, values, 0, count);
        return values;
    }

    @ParameterizedTest
    @CsvSource({"llama, false", "qwen2, true", "qwen3, false"})
    void aGraphCanBeBuiltFromIt(String architecture, boolean tied) throws IOException {
        try (GgufFile file = write(new RandomModel(architecture, SMALL, FileType.Q4_0, tied, 1))) {
            ModelConfig config = ModelConfig.of(file);
            assertThat(config).extracting(ModelConfig::architecture, ModelConfig::layers, ModelConfig::embeddingLength,
                    ModelConfig::heads, ModelConfig::keyValueHeads, ModelConfig::keyLength,
                    ModelConfig::feedForwardLength, ModelConfig::vocabularySize, ModelConfig::contextLength)
                    .containsExactly(architecture, 8, 256, 4, 2, 64, 512, 600, 128);
            assertThat(Architecture.named(architecture).orElseThrow().build(config, file)).isNotNull();
            assertThat(file.tensor("output.weight").isPresent()).isNotEqualTo(tied);
            assertThat(file.tensor("blk.7.attn_v.bias").isPresent()).isEqualTo(architecture.equals("qwen2"));
            assertThat(file.tensor("blk.7.attn_k_norm.weight").isPresent()).isEqualTo(architecture.equals("qwen3"));
        }
    }

    @ParameterizedTest
    @EnumSource(FileType.class)
    void weightsHaveTheRightSpreadInEveryType(FileType type) throws IOException {
        try (GgufFile file = write(new RandomModel("llama", SMALL, type, false, 1))) {
            for (String name : List.of("blk.0.ffn_down.weight", "blk.3.attn_q.weight", "output.weight")) {
                ModelTensor tensor = file.requireTensor(name);
                double sum = 0;
                double squares = 0;
                for (float value : values(tensor)) {
                    sum += value;
                    squares += (double) value * value;
                }
                double deviation = 1 / Math.sqrt(tensor.columns());
                assertThat(Math.sqrt(squares / tensor.elementCount())).as(name).isCloseTo(deviation,
                        within(0.1 * deviation));
                assertThat(sum / tensor.elementCount()).as(name).isCloseTo(0, within(0.02 * deviation));
            }
            assertThat(values(file.requireTensor("blk.0.attn_norm.weight"))).usingComparatorWithPrecision(0.6f)
                    .containsOnly(1);
        }
    }

    @Test
    void mixesTypesAsLlamaCppDoes() throws IOException {
        try (GgufFile file = write(new RandomModel("llama", SMALL, FileType.Q4_K_M, false, 1))) {
            assertThat(file.tensors()).filteredOn(tensor -> tensor.type() == TensorType.Q6_K)
                    .extracting(ModelTensor::name).containsExactlyInAnyOrder("blk.0.attn_v.weight",
                            "blk.0.ffn_down.weight", "blk.3.attn_v.weight", "blk.3.ffn_down.weight",
                            "blk.6.attn_v.weight", "blk.6.ffn_down.weight", "blk.7.attn_v.weight",
                            "blk.7.ffn_down.weight", "output.weight");
            assertThat(file.requireTensor("token_embd.weight").type()).isEqualTo(TensorType.Q4_K);
            assertThat(file.requireTensor("output_norm.weight").type()).isEqualTo(TensorType.F32);
        }
    }

    @Test
    void theSameSeedGivesTheSameBytes() throws IOException {
        Path first = folder.resolve("first.gguf");
        Path second = folder.resolve("second.gguf");
        Path other = folder.resolve("other.gguf");
        new RandomModel("qwen3", SMALL, FileType.Q8_0, true, 5).write(first);
        new RandomModel("qwen3", SMALL, FileType.Q8_0, true, 5).write(second);
        new RandomModel("qwen3", SMALL, FileType.Q8_0, true, 6).write(other);
        assertThat(Files.mismatch(first, second)).isEqualTo(-1);
        assertThat(Files.mismatch(first, other)).isNotEqualTo(-1);
    }

    @Test
    void theSentencePieceVocabularyIsComplete() throws IOException {
        try (GgufFile file = write(new RandomModel("llama", SMALL, FileType.Q4_0, false, 1))) {
            List<String> tokens = file.metadata().strings("tokenizer.ggml.tokens");
            assertThat(tokens).hasSize(600).doesNotHaveDuplicates().startsWith("<unk>", "<s>", "</s>", "<0x00>")
                    .contains("<0xFF>", "\u2581", "~");
            int[] types = file.metadata().array("tokenizer.ggml.token_type").orElseThrow().integers("types");
            assertThat(types).hasSize(600).startsWith(2, 3, 3, 6).endsWith(1);
            // Merging only ever joins two tokens: each longer piece must be reachable.
            Set<String> known = new HashSet<>();
            for (String token : tokens.subList(259, 600)) {
                boolean joined = token.length() == 1;
                for (int cut = 1; cut < token.length(); cut++) {
                    joined |= known.contains(token.substring(0, cut)) && known.contains(token.substring(cut));
                }
                assertThat(joined).as(token).isTrue();
                known.add(token);
            }
        }
    }

    @Test
    void theBytePairVocabularyIsComplete() throws IOException {
        try (GgufFile file = write(new RandomModel("qwen2", SMALL, FileType.Q4_0, false, 1))) {
            List<String> tokens = file.metadata().strings("tokenizer.ggml.tokens");
            assertThat(tokens).hasSize(600).doesNotHaveDuplicates().endsWith("<|endoftext|>", "<|im_start|>",
                    "<|im_end|>");
            assertThat(tokens.get(0)).isEqualTo("\u0100");
            assertThat(tokens.get(' ')).isEqualTo("\u0120");
            assertThat(tokens.get(0xad)).isEqualTo("\u0143");
            assertThat(tokens.get(255)).isEqualTo("\u00ff");
            assertThat(file.metadata().strings("tokenizer.ggml.merges")).hasSize(600 - 256 - 3)
                    .allSatisfy(merge -> assertThat(tokens).contains(merge.replace(" ", "")));
            assertThat(file.metadata().integer("tokenizer.ggml.eos_token_id")).contains(599L);
        }
    }

    @Test
    void refusesWhatCannotBe() {
        assertThatThrownBy(() -> new RandomModel("gpt2", SMALL, FileType.F32, false, 1))
                .hasMessageContaining("'gpt2', known are llama, qwen2, qwen3");
        ModelSize narrow = new ModelSize(64, 1, 2, 1, 32, 128, 512, 16);
        assertThatThrownBy(() -> new RandomModel("llama", narrow, FileType.Q4_K, false, 1))
                .hasMessageContaining("multiples of 256");
        assertThatThrownBy(() -> new ModelSize(64, 1, 3, 2, 32, 128, 512, 16))
                .hasMessageContaining("key-value head count of 2");
        assertThatThrownBy(() -> new ModelSize(64, 1, 2, 1, 32, 128, 100, 16))
                .hasMessageContaining("vocabulary size of 100");
    }

    @Test
    void presetsAreFoundByLabel() {
        assertThat(ModelSize.Preset.ofLabel("1B")).contains(ModelSize.Preset.SIZE_1B);
        assertThat(ModelSize.Preset.ofLabel("2b")).isEmpty();
        assertThat(ModelSize.Preset.labels()).startsWith("tiny, ").contains("1b");
        assertThat(FileType.ofName("q4_k_m")).contains(FileType.Q4_K_M);
        assertThat(FileType.names()).contains("q4_0");
    }
}
