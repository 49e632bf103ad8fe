package io.github.jnpu.engine;

import io.github.jnpu.convert.SafetensorsFolder;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.quantize.QuantizedModel;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.engine.store.ModelLocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Models in folders of safetensors, with the tokenizers that come beside them. */
class HuggingFaceModelTest {
    private static final String TEXT = "Once upon a time, there was a zebra named Zoë. \"Hi!\" said 12 birds.\n  He ran";

    @TempDir
    Path temporary;

    private static String greedy(LanguageModel model, String prompt) {
        return model.generate(GenerationRequest.of(model.encodePrompt(prompt, false))
                .withSampling(SamplingOptions.GREEDY).withMaxTokens(40)).text();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aTrainedModelSaysTheSame(boolean sentencePieces) throws IOException {
        Path folder = SafetensorsFolder.write(TestModels.stories260K(), temporary.resolve("stories"), 2);
        try (GgufFile gguf = GgufFile.open(TestModels.stories260K())) {
            if (sentencePieces) {
                SafetensorsFolder.writeSentencePieces(gguf, folder);
            } else {
                SafetensorsFolder.writeSentencePiecesAsMerges(gguf, folder);
            }
        }
        try (LanguageModel model = LanguageModel.load(ModelLocator.open(folder.toString()), ModelOptions.DEFAULT);
                LanguageModel expected = LanguageModel.load(GgufFile.open(TestModels.stories260K()),
                        ModelOptions.DEFAULT)) {
            assertThat(model.encodePrompt(TEXT, false)).isEqualTo(expected.encodePrompt(TEXT, false));
            assertThat(greedy(model, "Once upon a time")).isEqualTo(greedy(expected, "Once upon a time")).startsWith(
                    ", there was a little girl");
        }
        Path quantized = temporary.resolve("stories.gguf");
        try (var source = ModelLocator.open(folder.toString())) {
            new QuantizedModel(source, FileType.Q8_0).write(quantized, _ -> {});
        }
        try (LanguageModel model = LanguageModel.load(GgufFile.open(quantized), ModelOptions.DEFAULT)) {
            assertThat(greedy(model, "Once upon a time")).startsWith(", there was a little girl");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"type\":\"ByteLevel\",\"add_prefix_space\":false}",
            "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"ByteLevel\",\"use_regex\":true}]}"})
    void byteLevelTokenizersAreTheSame(String preTokenizer) throws IOException {
        Path demo = Files.write(temporary.resolve("demo.gguf"), demo());
        Path f16 = temporary.resolve("demo-f16.gguf");
        try (GgufFile gguf = GgufFile.open(demo)) {
            new QuantizedModel(gguf, FileType.F16).write(f16, _ -> {});
        }
        Path folder = SafetensorsFolder.write(f16, temporary.resolve("demo"), 1);
        String template = "{{ messages[-1].content }}";
        try (GgufFile gguf = GgufFile.open(demo)) {
            SafetensorsFolder.writeBytePairTokenizer(gguf, folder, preTokenizer, template);
        }
        try (LanguageModel model = LanguageModel.load(ModelLocator.open(folder.toString()), ModelOptions.DEFAULT);
                LanguageModel expected = LanguageModel.load(GgufFile.open(f16), ModelOptions.DEFAULT)) {
            assertThat(model.encodePrompt(TEXT, true)).isEqualTo(expected.encodePrompt(TEXT, true));
            String prompt = "<|im_start|>user\nWhat is an NPU?<|im_end|>\n<|im_start|>assistant\n";
            assertThat(model.encodePrompt(prompt, true)).isEqualTo(expected.encodePrompt(prompt, true));
            assertThat(model.source().metadata().string("tokenizer.chat_template")).contains(template);
            assertThat(greedy(model, "What is an NPU?")).isEqualTo(greedy(expected, "What is an NPU?"));
        }
    }

    private static byte[] demo() throws IOException {
        try (var in = LanguageModel.class.getResourceAsStream("demo/demo.gguf")) {
            return in.readAllBytes();
        }
    }

    @Test
    void aFolderWithoutAModelIsRefused() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("empty"));
        assertThatThrownBy(() -> ModelLocator.open(folder.toString())).isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("is a folder without config.json and safetensors files");
        Files.writeString(folder.resolve("config.json"), "{");
        Files.write(folder.resolve("model.safetensors"), new byte[8]);
        assertThatThrownBy(() -> ModelLocator.open(folder.toString())).hasMessageContaining("config.json: no JSON");
    }
}
