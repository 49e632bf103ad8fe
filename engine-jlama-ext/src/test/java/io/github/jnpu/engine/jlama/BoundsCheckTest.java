package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.safetensors.prompt.PromptContext;
import io.github.jnpu.convert.TestModels;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;

import static org.assertj.core.api.Assertions.assertThat;

/** Our generator must not turn the Vector API's bounds checks off. It takes a JVM in which no other test has. */
class BoundsCheckTest {
    private static final String SWITCH = "jdk.incubator.vector.VECTOR_ACCESS_OOB_CHECK";

    /** What runs in the JVM of its own. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) {
            try (JnpuGenerator generator = JnpuGenerator.load(Path.of(arguments[0]))) {
                generator.generate(UUID.randomUUID(), PromptContext.of("Once upon a time"), 0, 3);
            }
            System.out.println("generator: " + System.getProperty(SWITCH));
            JlamaRuntime.start(1);
            System.out.println("jlama: " + System.getProperty(SWITCH));
        }
    }

    @Test
    void onlyJlamasOwnKernelsTurnThemOff() throws IOException, InterruptedException {
        Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), Child.class.getName(), TestModels.stories260K().toString())
                .redirectErrorStream(true).start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor()).as(output).isZero();
        assertThat(output).contains("generator: null").contains("jlama: 0");
    }
}
