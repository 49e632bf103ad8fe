package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** What the engine says and does in a JVM that cannot run the Vector API well: another JVM, because flags are for its start. */
class MissingFlagTest {
    private static final String MODULES = "--add-modules=jdk.incubator.vector";

    /** Loads a model twice and runs it. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) {
            for (int i = 0; i < 2; i++) {
                try (LanguageModel model = LanguageModel.load(GgufFile.open(Path.of(arguments[0])),
                        ModelOptions.DEFAULT)) {
                    model.generate(GenerationRequest.of(model.encodePrompt("Once", false)).withMaxTokens(2));
                    System.out.println("ran on " + model.placement().backend().name());
                }
            }
        }
    }

    private static List<String> run(String... flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                Child.class.getName(), TestModels.stories260K().toString()));
        Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor()).as(output).isZero();
        return output.lines().toList();
    }

    @Test
    void aJvmWithTheFlagAndC2IsToldNothing() throws IOException, InterruptedException {
        assertThat(run(MODULES)).contains("ran on vector").doesNotContain("ran on reference")
                .noneMatch(line -> line.contains("slower"));
    }

    @ParameterizedTest
    @CsvSource({"-Dnothing=1, --add-modules jdk.incubator.vector", "--add-modules=jdk.incubator.vector -Xint, -Xint",
            "--add-modules=jdk.incubator.vector -XX:TieredStopAtLevel=1, -XX:TieredStopAtLevel"})
    void whatIsWrongIsSaidOnceAndModelsRunOnScalarCode(String flags, String remedy)
            throws IOException, InterruptedException {
        List<String> output = run(flags.split(" "));
        assertThat(output.stream().filter(line -> line.equals("ran on reference"))).hasSize(2);
        assertThat(output.stream().filter(line -> line.startsWith("WARNING") && line.contains("slower"))).hasSize(1)
                .allMatch(line -> line.contains(remedy));
    }

    @Test
    void aVirtualMachineWithoutC2IsNamed() {
        assertThat(VectorCompiler.complaint("mixed mode, sharing", "OpenJDK 64-Bit Server VM")).isEmpty();
        assertThat(VectorCompiler.complaint("interpreted mode", "OpenJDK 64-Bit Zero VM")).isPresent();
        assertThat(VectorCompiler.complaint("mixed mode", "OpenJDK Client VM")).get().asString()
                .contains("OpenJDK Client VM", "no C2 compiler");
    }
}
