package io.github.jnpu.convert.huggingface;

import io.github.jnpu.convert.SafetensorsFolder;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class HuggingFaceFolderTest {
    @TempDir
    Path temporary;

    private static void assertSameWeights(ModelSource model, ModelSource expected) {
        assertThat(model.tensors()).extracting(ModelTensor::name).containsExactlyInAnyOrderElementsOf(expected
                .tensors().stream().map(ModelTensor::name).toList());
        for (ModelTensor tensor : expected.tensors()) {
            ModelTensor own = model.requireTensor(tensor.name());
            assertThat(own.type()).isEqualTo(tensor.type());
            assertThat(own.shape()).isEqualTo(tensor.shape());
            assertThat(own.data().mismatch(tensor.data())).as(tensor.name()).isEqualTo(-1);
        }
        assertThat(ModelConfig.of(model)).usingRecursiveComparison().ignoringFields("name").isEqualTo(ModelConfig.of(
                expected));
    }

    @ParameterizedTest
    @CsvSource({"llama,F16,1", "llama,BF16,3", "llama,F32,1", "qwen2,F16,2", "qwen3,BF16,1"})
    void weightsAreThoseOfTheGgufFile(String architecture, FileType type, int shards) throws IOException {
        Path gguf = temporary.resolve("model.gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), type, false, 7).write(gguf);
        Path folder = SafetensorsFolder.write(gguf, temporary.resolve("folder"), shards);
        assertThat(HuggingFaceFolder.isOne(folder)).isTrue();
        try (HuggingFaceFolder model = HuggingFaceFolder.open(folder); GgufFile expected = GgufFile.open(gguf)) {
            assertSameWeights(model, expected);
            assertThat(model.metadata().integer("general.file_type")).contains((long) type.id());
            Path again = temporary.resolve("again.gguf");
            GgufWriter.of(model, Set.of()).write(again);
            try (GgufFile converted = GgufFile.open(again)) {
                assertSameWeights(converted, expected);
            }
        }
    }

    @Test
    void realShardsOpen() {
        Path folder = TestModels.require("tiny-llama-2shard/config.json").getParent();
        try (HuggingFaceFolder model = HuggingFaceFolder.open(folder)) {
            assertThat(model.tensors()).hasSize(111);
            ModelConfig config = ModelConfig.of(model);
            assertThat(config.keyLength()).isEqualTo(16);
            assertThat(config.layers()).isEqualTo(12);
            DecoderGraph.of(model);
        }
    }

    @Test
    void sentencePiecesAreRead() throws IOException {
        Path folder = SafetensorsFolder.write(TestModels.stories260K(), temporary.resolve("folder"), 1);
        try (GgufFile gguf = GgufFile.open(TestModels.stories260K())) {
            SafetensorsFolder.writeSentencePieces(gguf, folder);
            try (HuggingFaceFolder model = HuggingFaceFolder.open(folder)) {
                for (String key : Set.of("tokens", "token_type", "scores")) {
                    assertThat(model.metadata().array("tokenizer.ggml." + key).orElseThrow().elements()).isEqualTo(gguf
                            .metadata().array("tokenizer.ggml." + key).orElseThrow().elements());
                }
                assertThat(model.metadata().integer("tokenizer.ggml.bos_token_id")).contains(1L);
                assertThat(model.metadata().bool("tokenizer.ggml.add_bos_token")).contains(true);
            }
        }
    }

    /** Worked out by hand: theta 10000, 8 features, trained for 16 positions, waves of 6.28, 62.8, 628 and 6283 positions. */
    @Test
    void longWavesOfRopeAreStretched() throws IOException {
        Path gguf = temporary.resolve("model.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), FileType.F16, false, 7).write(gguf);
        Path folder = SafetensorsFolder.write(gguf, temporary.resolve("folder"), 1);
        String config = Files.readString(folder.resolve("config.json"));
        int width = Integer.parseInt(config.replaceAll(".*\"head_dim\":(\\d+).*", "$1"));
        Files.writeString(folder.resolve("config.json"), config.replaceFirst("\"rope_theta\":[^,}]+",
                "\"rope_theta\":10000,\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,\"high_freq_factor\":4,\"original_max_position_embeddings\":1000}"));
        try (HuggingFaceFolder model = HuggingFaceFolder.open(folder)) {
            ModelTensor factors = model.requireTensor("rope_freqs.weight");
            assertThat(factors.shape()).containsExactly(width / 2);
            for (int i = 0; i < width / 2; i++) {
                double wave = 2 * Math.PI * Math.pow(10_000, 2.0 * i / width);
                double blend = (1000 / wave - 1) / 3;
                double expected = wave < 250 ? 1 : wave > 1000 ? 8 : 1 / ((1 - blend) / 8 + blend);
                assertThat(factors.data().getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i)).isEqualTo(
                        (float) expected);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"\"llama\"|\"mamba\"|models of type 'mamba' cannot be read",
            "\"hidden_size\":|\"hidden\":|'hidden_size' is missing",
            "\"num_hidden_layers\":|\"num_hidden_layers\":\"x\",\"y\":|'num_hidden_layers' is \"x\", expected a whole number",
            "\"rope_theta\":|\"rope_scaling\":{\"type\":\"longrope\"},\"rope_theta\":|rope scaling of type 'longrope'",
            "\"rope_theta\":|\"quantization_config\":{\"quant_method\":\"gptq\"},\"rope_theta\":|quantised by 'gptq'",
            "\"num_attention_heads\":|\"num_attention_heads\":7,\"z\":|no 7 heads"})
    void whatCannotBeReadIsSaid(String original, String replacement, String message) throws IOException {
        Path gguf = temporary.resolve("model.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), FileType.F16, false, 7).write(gguf);
        Path folder = SafetensorsFolder.write(gguf, temporary.resolve("folder"), 1);
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace(original, replacement));
        assertThatThrownBy(() -> HuggingFaceFolder.open(folder)).isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(message);
    }

    @Test
    void filesOutsideOfTheFolderAreNotRead() throws IOException {
        Path gguf = temporary.resolve("model.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), FileType.F16, false, 7).write(gguf);
        Path folder = SafetensorsFolder.write(gguf, temporary.resolve("folder"), 2);
        Path index = folder.resolve("model.safetensors.index.json");
        String names = Files.readString(index);
        Files.writeString(index, names.replace("model-00001", "../model-00001"));
        assertThatThrownBy(() -> HuggingFaceFolder.open(folder)).hasMessageContaining("is not in its folder");
        Files.writeString(index, names.replace("model-00001-of", "model-00009-of"));
        assertThatThrownBy(() -> HuggingFaceFolder.open(folder)).hasMessageContaining("no such file");
        Files.writeString(index, "{\"weight_map\":{");
        assertThatThrownBy(() -> HuggingFaceFolder.open(folder)).hasMessageContaining("no JSON");
    }

    @Test
    void anUnknownPreTokenizerIsRefused() throws IOException {
        Path gguf = temporary.resolve("model.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), FileType.F16, false, 7).write(gguf);
        Path folder = SafetensorsFolder.write(gguf, temporary.resolve("folder"), 1);
        Files.writeString(folder.resolve("tokenizer.json"),
                "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"x+\"},\"behavior\":\"Isolated\"}}");
        assertThatThrownBy(() -> HuggingFaceFolder.open(folder)).hasMessageContaining("pre-tokenizer is not one");
        Files.writeString(folder.resolve("tokenizer.json"),
                "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":99999},\"merges\":[]}}");
        assertThatThrownBy(() -> HuggingFaceFolder.open(folder)).hasMessageContaining("token id 99999 is outside");
        Files.writeString(folder.resolve("tokenizer.json"), "{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}");
        assertThatThrownBy(() -> HuggingFaceFolder.open(folder)).hasMessageContaining("type 'Unigram'");
    }
}
