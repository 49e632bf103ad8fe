package io.github.jnpu.engine;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/** What is estimated from the header beside what a process of its own takes until a text fills the context. */
class MemoryEstimateTest {
    @TempDir
    private Path folder;

    /** Weights that are laid out anew and not, separate and tied output, narrow and wide caches. */
    enum Model {
        LLAMA_Q4_0("llama", FileType.Q4_0, 1024, 12, KvCacheType.F16, 2048),
        QWEN2_F16("qwen2", FileType.F16, 768, 12, KvCacheType.F16, 1024),
        QWEN3_Q8_0("qwen3", FileType.Q8_0, 1024, 10, KvCacheType.Q8_0, 2048),
        LLAMA_Q4_K_M("llama", FileType.Q4_K_M, 1024, 16, KvCacheType.F32, 2048);

        private final RandomModel file;
        private final ModelOptions options;

        Model(String architecture, FileType type, int width, int layers, KvCacheType cacheType, int context) {
            file = new RandomModel(architecture,
                    new ModelSize(width, layers, width / 64, width / 128, 64, 4 * width, 32_000,
                            8192),
                    type, architecture.equals("qwen3"), 1);
            options = ModelOptions.DEFAULT.withThreads(2).withCacheType(cacheType).withContextLength(context);
        }
    }

    @ParameterizedTest
    @EnumSource
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the peak is read from /proc/self/status")
    void thePeakIsWithinTenPercent(Model model) throws IOException, InterruptedException {
        Path path = folder.resolve("model.gguf");
        model.file.write(path);
        long estimated;
        try (GgufFile file = GgufFile.open(path)) {
            estimated = LanguageModel.estimate(file, model.options).peakBytes() + MemoryEstimate.PROCESS_BYTES;
        }
        // As the launcher starts it.
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC",
                "-Xms64m", "-cp", System.getProperty("java.class.path"), Filled.class.getName(), model.name(),
                path.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).isZero();
        long peak = Long.parseLong(printed);
        System.out.printf("%s: estimated %d MB, measured %d MB, off by %+.1f %%%n", model, estimated / 1_000_000,
                peak / 1_000_000, 100.0 * (estimated - peak) / peak);
        assertThat((double) estimated).isCloseTo(peak, within(0.1 * peak));
    }

    /** Runs in a process of its own. */
    static final class Filled {
        private Filled() {}

        public static void main(String[] arguments) throws IOException {
            ModelOptions options = Model.valueOf(arguments[0]).options;
            try (LanguageModel model = LanguageModel.load(GgufFile.open(Path.of(arguments[1])), options)) {
                int[] prompt = new int[model.contextLength() - 8];
                Arrays.setAll(prompt, i -> 300 + i % 1000);
                model.generate(GenerationRequest.of(prompt).withSampling(SamplingOptions.GREEDY).withMaxTokens(4));
            }
            List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
            String peak = status.stream().filter(line -> line.startsWith("VmHWM:")).findFirst().orElseThrow();
            System.out.println(Long.parseLong(peak.replaceAll("\\D", "")) * 1024);
        }
    }

    @Test
    void aCopyWhileCompilingCountsOnlyWhileTheCacheIsEmpty() {
        MemoryEstimate estimate = new MemoryEstimate(1000, 300, 20, 0).withCopyWhileCompiling();
        assertThat(estimate.peakBytes()).isEqualTo(2020);
        assertThat(estimate.residentBytes()).isEqualTo(1320);
        assertThat(new MemoryEstimate(1000, 3000, 20, 0).withCopyWhileCompiling().peakBytes()).isEqualTo(4020);
    }
}
