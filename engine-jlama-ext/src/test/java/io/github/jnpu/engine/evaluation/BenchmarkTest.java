package io.github.jnpu.engine.evaluation;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.evaluation.Benchmark.Result;
import io.github.jnpu.engine.evaluation.Benchmark.Spread;
import io.github.jnpu.engine.evaluation.Benchmark.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class BenchmarkTest {
    @TempDir
    Path folder;

    @org.junit.jupiter.api.Test
    void measuresWhatItIsAskedFor() throws IOException {
        Path file = folder.resolve("random.gguf");
        RandomModel.llama(ModelSize.Preset.TINY, FileType.Q4_0).write(file);
        List<Integer> progress = new ArrayList<>();
        try (Benchmark benchmark = Benchmark.load(
                () -> LanguageModel.load(GgufFile.open(file), ModelOptions.DEFAULT.withBackend("reference")))) {
            Result result = benchmark.measure(new Test(Stage.PREFILL, 20), 2, progress::add);
            assertThat(result.test().label()).isEqualTo("pp20");
            assertThat(result.nanos()).hasSize(2);
            assertThat(result.speed().mean()).isPositive();
            assertThat(progress).containsExactly(0, 1, 2);
            assertThat(benchmark.measure(new Test(Stage.DECODE, 3), 1, _ -> {}).test().label()).isEqualTo("tg3");
            assertThat(benchmark.device()).isEqualTo("CPU (scalar)");
            assertThat(benchmark.model().threads()).as("a small model runs on one thread").isEqualTo(1);
            assertThat(benchmark.loadDuration()).isPositive();
        }
        assertThat(Benchmark.peakMemoryBytes()).isGreaterThan(1 << 20);
    }

    @org.junit.jupiter.api.Test
    void measuresBehindADeepContext() throws IOException {
        Path file = folder.resolve("random.gguf");
        RandomModel.llama(ModelSize.Preset.TINY, FileType.F32).write(file);
        try (Benchmark benchmark = Benchmark.load(
                () -> LanguageModel.load(GgufFile.open(file), ModelOptions.DEFAULT.withBackend("vector")))) {
            Result result = benchmark.measure(new Test(Stage.DECODE, 4, 600), 1, _ -> {});
            assertThat(result.test().label()).isEqualTo("tg4 @ d600");
            assertThat(result.speed().mean()).isPositive();
        }
    }

    @org.junit.jupiter.api.Test
    void speedsHaveAMeanAndADeviation() {
        assertThat(Spread.of(new double[]{1, 2, 3})).isEqualTo(new Spread(2, 1));
        assertThat(Spread.of(new double[]{5})).isEqualTo(new Spread(5, 0));
        Result result = new Result(new Test(Stage.DECODE, 10), new long[]{1_000_000_000, 2_000_000_000});
        assertThat(result.tokensPerSecond()).containsExactly(10, 5);
        assertThat(result.duration().mean()).isEqualTo(1.5e9);
    }

    @org.junit.jupiter.api.Test
    void refusesWhatCannotBeMeasured() {
        assertThatThrownBy(() -> new Test(Stage.PREFILL, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Test(Stage.DECODE, 1, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Test(Stage.EMBED, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
