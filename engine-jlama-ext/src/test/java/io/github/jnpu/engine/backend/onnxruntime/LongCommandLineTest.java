package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/** ONNX Runtime 1.29 crashes where a thread of usual stack makes its environment in a process with a long command line. */
class LongCommandLineTest {
    @Test
    void aLongClassPathIsNoCrash() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dpadding=" + "x".repeat(30_000), "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), Asked.class.getName(), TestModels.stories260K().toString())
                .redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        assertThat(printed).contains("ran on onnxruntime");
    }

    /** Runs in the other process. */
    static final class Asked {
        private Asked() {}

        public static void main(String[] arguments) {
            try (LanguageModel model = LanguageModel.load(GgufFile.open(Path.of(arguments[0])),
                    ModelOptions.DEFAULT.withBackend("onnxruntime"))) {
                model.generate(GenerationRequest.of(model.encodePrompt("Once", false)).withMaxTokens(2));
                System.out.println("ran on " + model.placement().backend().name());
            }
        }
    }
}
