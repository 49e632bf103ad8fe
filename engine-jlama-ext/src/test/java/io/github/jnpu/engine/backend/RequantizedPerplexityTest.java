package io.github.jnpu.engine.backend;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.quantize.QuantizedModel;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.evaluation.Perplexity;
import io.github.jnpu.engine.store.ModelLocator;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Trained models in every type against llama.cpp 0.7.0 on the same bytes, which {@code jnpu convert MODEL --type TYPE -o FILE}
 * wrote: {@code llama-perplexity -m FILE -f TEXT -c 128 --chunks 40 -t 1 -b 128}, the value after 32 chunks; TEXT being the first
 * 100,000 characters of tinyshakespeare. (With {@code --chunks 32} it now and then ends before it has printed the last value.)
 *
 * <p>The values must be equal within 0.5 % (the demo model in two bits 1 %): llama.cpp rounds activations to 8 bits, which we need not do in the same way. Without
 * quantised weights they agree to three digits more. Whoever changes a quantiser or trains the demo model anew measures anew.
 */
class RequantizedPerplexityTest {
    private static final int CONTEXT = 128;
    private static final int CHUNKS = 32;
    private static final int CHARACTERS = 100_000;

    @TempDir
    Path folder;

    /** Rows of 64 and 172: the latter become F16 in every type of blocks, and K-quants need 256. */
    @ParameterizedTest
    @CsvSource({"F32,66.6588,1e-4", "F16,66.6561,1e-3", "BF16,66.6147,2e-3", "Q8_0,66.7577,5e-3", "Q4_0,69.3627,5e-3",
            "Q4_1,70.6790,5e-3", "Q5_0,65.4792,5e-3", "Q5_1,66.1030,5e-3", "IQ4_NL,65.3455,5e-3",
            "MXFP4,75.4160,5e-3"})
    void storiesAgreeWithLlamaCpp(FileType type, double expected, double tolerance) throws IOException {
        assertAgrees(TestModels.stories260K().toString(), type, expected, tolerance);
    }

    /** The demo model, because its rows of 256 and 768 fill K-quants' blocks. It never saw such a text: hence the values. */
    @ParameterizedTest
    @CsvSource({"F16,16718.0606,1e-3", "Q2_K,9835.8155,1e-2", "Q3_K,14294.8542,5e-3", "Q4_K,16022.4799,5e-3",
            "Q4_K_M,16054.4421,5e-3", "Q5_K,16656.4098,5e-3", "Q5_K_M,16607.5517,5e-3", "Q6_K,16861.0154,5e-3"})
    void theDemoModelAgreesWithLlamaCpp(FileType type, double expected, double tolerance) throws IOException {
        assertAgrees("demo", type, expected, tolerance);
    }

    private void assertAgrees(String model, FileType type, double expected, double tolerance) throws IOException {
        String text = Files.readString(TestModels.require("corpus/tinyshakespeare.txt")).substring(0, CHARACTERS);
        Path file = folder.resolve("requantized.gguf");
        try (ModelSource source = ModelLocator.open(model)) {
            new QuantizedModel(source, type).write(file, _ -> {});
        }
        try (LanguageModel loaded = LanguageModel.load(GgufFile.open(file), ModelOptions.DEFAULT)) {
            double actual = Perplexity.measure(loaded, text, CONTEXT, CHUNKS, _ -> {}).perplexity();
            assertThat(actual / expected).isBetween(1 - tolerance, 1 + tolerance);
        }
    }
}
