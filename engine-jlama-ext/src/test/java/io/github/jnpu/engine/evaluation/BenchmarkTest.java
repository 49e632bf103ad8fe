package io.github.jnpu.engine.evaluation;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.evaluation.Benchmark.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class BenchmarkTest {
    @TempDir
    Path folder;

    @Test
    void measuresWhatItIsAskedFor() throws IOException {
        Path file = folder.resolve("random.gguf");
        RandomModel.llama(ModelSize.Preset.TINY, FileType.Q4_0).write(file);
        Benchmark result = Benchmark.measure(
                () -> LanguageModel.load(GgufFile.open(file), ModelOptions.DEFAULT.withBackend("reference")),
                new Settings(20, 0, 2));
        assertThat(result.prefill().mean()).isPositive();
        assertThat(result.decode().mean()).isZero();
        assertThat(result.device()).isEqualTo("CPU (scalar)");
        assertThat(result.threads()).as("a small model runs on one thread").isEqualTo(1);
        assertThat(result.peakMemoryBytes()).isGreaterThan(1 << 20);
        assertThat(result.load()).isPositive();
    }

    @Test
    void speedsHaveAMeanAndADeviation() {
        assertThat(Benchmark.Speed.of(new double[]{1, 2, 3})).isEqualTo(new Benchmark.Speed(2, 1));
        assertThat(Benchmark.Speed.of(new double[]{5})).isEqualTo(new Benchmark.Speed(5, 0));
        assertThatThrownBy(() -> new Settings(-1, 1, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
