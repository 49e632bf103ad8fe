package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.placement.PlacementReport.StageReport;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** Wherever the stages of a model run, it says the same. */
class PlacedModelTest {
    static final int PROMPT = 80;
    private static final int LENGTH = PROMPT + 4;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"vector", "onnxruntime", "prefill=onnxruntime,decode=vector",
            "prefill=vector,decode=onnxruntime", "prefill=reference,decode=onnxruntime", "vector@2+reference",
            "prefill=reference@1+vector,decode=onnxruntime", "prefill=onnxruntime,decode=reference@3+vector",
            "onnxruntime@2+vector", "vector@3+onnxruntime",
            "prefill=vector@1+onnxruntime@2+reference,decode=onnxruntime@4+vector"})
    void aTrainedModelSaysTheSameEverywhere(String place) {
        requireAgreement(TestModels.stories260K(), place);
    }

    @ParameterizedTest
    @ValueSource(strings = {"onnxruntime", "prefill=onnxruntime,decode=vector", "prefill=vector,decode=onnxruntime",
            "vector@1+onnxruntime", "onnxruntime@1+reference", "attn:vector+ffn:reference",
            "attn:vector+ffn:onnxruntime", "attn:onnxruntime+ffn:vector"})
    void aRandomModelSaysTheSameEverywhere(String place) throws IOException {
        Path file = folder.resolve("qwen3.gguf");
        new RandomModel("qwen3", ModelSize.Preset.TINY.size(), FileType.F32, true, 3).write(file);
        requireAgreement(file, place);
    }

    static void requireAgreement(Path file, String place) {
        try (LanguageModel expected = load(file, "reference"); LanguageModel placed = load(file, place)) {
            float[][] wanted = logits(expected);
            float[][] actual = logits(placed);
            for (int step = 0; step < wanted.length; step++) {
                assertThat(actual[step]).as("step %d", step).containsExactly(wanted[step], within(1e-3f));
            }
            assertThat(text(placed)).isEqualTo(text(expected));
        }
    }

    /** After a prompt, after three tokens of decode, and after a second prompt that begins as the first. */
    private static float[][] logits(LanguageModel model) {
        int vocabulary = model.config().vocabularySize();
        int[] tokens = new SplittableRandom(5).ints(LENGTH, 3, vocabulary).toArray();
        return model.compute(LENGTH, sequence -> {
            float[][] logits = new float[6][vocabulary];
            sequence.forward(tokens, 0, PROMPT, logits[0]);
            for (int i = 1; i < 4; i++) {
                sequence.forward(tokens, PROMPT - 1 + i, 1, logits[i]);
            }
            sequence.truncate(PROMPT + 1);
            sequence.forward(tokens, 10, 2, logits[4]);
            sequence.truncate(PROMPT - 5);
            sequence.forward(tokens, 0, 1, logits[5]);
            return logits;
        });
    }

    static LanguageModel load(Path file, String place) {
        return LanguageModel.load(GgufFile.open(file), ModelOptions.DEFAULT.withCacheType(KvCacheType.F32)
                .withPlace(PlacementWish.parse(place, true)));
    }

    static String text(LanguageModel model) {
        return model.generate(GenerationRequest.of(model.encodePrompt("Once upon a time", false))
                .withSampling(SamplingOptions.GREEDY).withMaxTokens(40)).text();
    }

    @Test
    void theReportSaysWhoRunsWhatAndWhyNotElsewhere() {
        try (LanguageModel model = load(TestModels.stories260K(), "prefill=onnxruntime,decode=vector")) {
            text(model);
            PlacementReport report = model.report();
            assertThat(report.warnings()).isEmpty();
            StageReport prefill = report.stages().getFirst();
            assertThat(prefill.stage()).isEqualTo(Stage.PREFILL);
            assertThat(prefill.target()).isEqualTo("onnxruntime");
            assertThat(prefill.selfCheck()).hasValueSatisfying(check -> assertThat(check).contains("logits differ by"));
            assertThat(prefill.rejections()).anySatisfy(rejection -> {
                assertThat(rejection.backend()).isEqualTo("vector");
                assertThat(rejection.reason()).isEqualTo("'onnxruntime' was asked for");
            });
            StageReport decode = report.stages().getLast();
            assertThat(decode.target()).isEqualTo("vector");
            assertThat(decode.tokens()).isEqualTo(40);
            assertThat(decode.tokensPerSecond()).isPositive();
            // All of the prompt but its last token, which decode takes.
            assertThat(decode.movedTokens()).isEqualTo(prefill.tokens()).isPositive();
            assertThat(decode.movedBytes()).isEqualTo(decode.movedTokens() * 4 * 2 * 5 * 4 * 8);
            assertThat(decode).asString().startsWith("decode on vector: CPU").contains("moved here");
        }
    }

    @Test
    void aDeviceThatIsNotThereIsAnErrorIfStrictAndAWarningElse() {
        assertThatThrownBy(() -> load(TestModels.stories260K(), "npu")).isInstanceOf(BackendException.class)
                .hasMessageContaining("no NPU can run this model").hasMessageContaining("jnpu devices");
        try (LanguageModel model = LanguageModel.load(GgufFile.open(TestModels.stories260K()),
                ModelOptions.DEFAULT.withPlace(PlacementWish.parse("npu", false)))) {
            assertThat(model.placement().backend().name()).isEqualTo("vector");
            assertThat(model.report().warnings()).singleElement().asString().contains("no NPU can run this model");
            assertThat(model.report().stages().getFirst().reason()).isEqualTo("what was asked for cannot run it");
        }
    }

    /** A provider in a library of its own that is not where it was said to be. */
    @Test
    void aLibraryThatIsNotThereIsAnErrorIfStrictAndAWarningElse() {
        String place = "prefill=onnxruntime:mine=/no/such/library.so,decode=vector";
        assertThatThrownBy(() -> load(TestModels.stories260K(), place)).isInstanceOf(BackendException.class)
                .hasMessageContaining("/no/such/library.so: there is no such file");
        try (LanguageModel model = LanguageModel.load(GgufFile.open(TestModels.stories260K()),
                ModelOptions.DEFAULT.withPlace(PlacementWish.parse(place, false)))) {
            assertThat(model.placement().backend().name()).isEqualTo("vector");
            assertThat(model.report().warnings()).singleElement().asString()
                    .contains("/no/such/library.so: there is no such file").contains("prefill runs elsewhere");
            assertThat(text(model)).isNotEmpty();
        }
    }

    @Test
    void namesThatDoNotExistAreErrorsEvenIfNotStrict() {
        for (String place : new String[]{"vulcan", "onnxruntime:warp", "vector@99+reference", "jlama@1+vector"}) {
            assertThatThrownBy(() -> LanguageModel.load(GgufFile.open(TestModels.stories260K()),
                    ModelOptions.DEFAULT.withPlace(PlacementWish.parse(place, place.startsWith("jlama"))))).as(place)
                    .isInstanceOf(BackendException.class);
        }
    }

    @Test
    void theFirstAlternativeThatCanIsTaken() {
        try (LanguageModel model = load(TestModels.stories260K(), "npu|onnxruntime|vector")) {
            assertThat(model.placement().backend().name()).isEqualTo("onnxruntime");
        }
    }
}
