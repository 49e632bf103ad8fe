package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.placement.Placement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** A process whose class path lacks the library: what {@code ServiceLoader} does there is what users get. */
class MissingLibraryTest {
    @TempDir
    Path folder;

    @Test
    void theBackendSaysWhatIsMissing() throws IOException, InterruptedException {
        Path file = folder.resolve("random.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), FileType.Q4_0, false, 1).write(file);
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("onnxruntime-"))
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "-cp", classPath, Placed.class.getName(), file.toString())
                .redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        assertThat(printed).contains("vector on CPU").contains("onnxruntime: " + OnnxRuntimeBackend.ABSENT)
                .contains("refused: backend 'onnxruntime' cannot run this model: " + OnnxRuntimeBackend.ABSENT)
                .doesNotContain("NoClassDefFoundError");
    }

    /** Runs in the other process. */
    static final class Placed {
        private Placed() {}

        public static void main(String[] arguments) throws IOException {
            try (GgufFile model = GgufFile.open(Path.of(arguments[0]))) {
                DecoderGraph graph = DecoderGraph.of(model);
                System.out.println(Placement.find(graph, Optional.empty()));
                try {
                    Placement.find(graph, Optional.of("onnxruntime"));
                } catch (BackendException e) {
                    System.out.println("refused: " + e.getMessage());
                }
                try {
                    new OnnxRuntimeBackend().compile(graph, new DecoderOptions(1, KvCacheType.F32, 1));
                } catch (BackendException e) {
                    System.out.println("refused: " + e.getMessage());
                }
            }
        }
    }
}
