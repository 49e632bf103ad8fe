package io.github.jnpu.engine.backend;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.evaluation.Perplexity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Random models of every architecture against llama.cpp 0.7.0 on the same bytes:
 * {@code llama-perplexity -m FILE -f TEXT -c 128 --chunks 4 -t 1 -b 128}, TEXT being the first 20,000 characters of
 * tinyshakespeare. The text says nothing to them, but a wrong angle, bias or norm changes every digit.
 *
 * <p>F32 must agree to four digits; quantised weights less, because llama.cpp quantises the activations too.
 */
class LlamaCppPerplexityTest {
    private static final int CONTEXT = 128;
    private static final int CHUNKS = 4;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"llama,F32,818.2186,1e-4", "qwen2,F32,623.5017,1e-4", "qwen3,F32,590.0486,1e-4",
            "llama,F16,794.1746,1e-4",
            "llama,BF16,927.3371,1e-3", "llama,Q4_0,774.6312,5e-3", "llama,Q8_0,740.7804,5e-3",
            "llama,Q5_1,807.4786,5e-3",
            "llama,Q4_K_M,823.7357,5e-3", "qwen3,Q6_K,747.2448,5e-3", "qwen3,Q3_K,859.9154,5e-3",
            "llama,Q2_K,687.6102,5e-3",
            "llama,IQ4_NL,988.3725,5e-3", "llama,MXFP4,1061.9500,5e-3"})
    void agreesWithLlamaCpp(String architecture, FileType type, double expected, double tolerance) throws IOException {
        assertThat(perplexity(open(architecture, type)) / expected).isBetween(1 - tolerance, 1 + tolerance);
    }

    @Test
    void theWindowOfADenseModelIsPassedOverAsInLlamaCpp() throws IOException {
        ModelSource source = new Changed(open("llama", FileType.F32), Map.of("llama.attention.sliding_window", 16L),
                Optional.empty());
        assertThat(perplexity(source) / 818.2186).isBetween(0.9999, 1.0001);
    }

    /** {@code -ctk q8_0 -ctv q8_0 -fa on}; llama.cpp quantises the query too. */
    @Test
    void aCacheOfEightBitsAgreesWithLlamaCpp() throws IOException {
        double perplexity = perplexity(open("llama", FileType.F32),
                ModelOptions.DEFAULT.withCacheType(KvCacheType.Q8_0));
        assertThat(perplexity / 818.8195).isBetween(0.998, 1.002);
        assertThat(perplexity).as("not another cache").isNotCloseTo(818.2186, within(0.01));
    }

    @Test
    void linearRopeScalingAgreesWithLlamaCpp() throws IOException {
        ModelSource source = new Changed(open("llama", FileType.F32),
                Map.of("llama.rope.scaling.type", "linear", "llama.rope.scaling.factor", 4f), Optional.empty());
        assertThat(perplexity(source) / 836.3436).isBetween(0.9999, 1.0001);
    }

    @Test
    void yarnAgreesWithLlamaCpp() throws IOException {
        ModelSource source = new Changed(open("llama", FileType.F32), Map.of("llama.rope.scaling.type", "yarn",
                "llama.rope.scaling.factor", 4f, "llama.rope.scaling.original_context_length", 512L), Optional.empty());
        assertThat(perplexity(source) / 822.9884).isBetween(0.9999, 1.0001);
    }

    @Test
    void frequencyFactorsAgreeWithLlamaCpp() throws IOException {
        try (Arena arena = Arena.ofShared()) {
            float[] factors = new float[32];
            for (int i = 0; i < factors.length; i++) {
                factors[i] = i < 10 ? 1 : i < 20 ? 1 + (i - 10) * 0.7f : 8;
            }
            MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_FLOAT, factors);
            ModelSource source = new Changed(open("llama", FileType.F32), Map.of(),
                    Optional.of(new ModelTensor("rope_freqs.weight", TensorType.F32, new long[]{32}, data)));
            assertThat(perplexity(source) / 819.9930).isBetween(0.9999, 1.0001);
        }
    }

    private ModelSource open(String architecture, FileType type) throws IOException {
        Path file = folder.resolve("random.gguf");
        // Qwen 3's small models share the embedding table with the output.
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), type, architecture.equals("qwen3"), 1).write(file);
        return GgufFile.open(file);
    }

    private static double perplexity(ModelSource source) throws IOException {
        return perplexity(source, ModelOptions.DEFAULT);
    }

    private static double perplexity(ModelSource source, ModelOptions options) throws IOException {
        String text = Files.readString(TestModels.require("corpus/tinyshakespeare.txt")).substring(0, 20_000);
        try (LanguageModel model = LanguageModel.load(source, options)) {
            return Perplexity.measure(model, text, CONTEXT, CHUNKS, _ -> {}).perplexity();
        }
    }

    /** A model with some metadata replaced and perhaps one tensor more. */
    private record Changed(ModelSource source, Map<String, Object> changes, Optional<ModelTensor> extra)
            implements
                ModelSource {
        @Override
        public String location() {
            return source.location();
        }

        @Override
        public Metadata metadata() {
            Map<String, Object> values = new HashMap<>(source.metadata().values());
            values.putAll(changes);
            return () -> values;
        }

        @Override
        public Collection<ModelTensor> tensors() {
            List<ModelTensor> tensors = new ArrayList<>(source.tensors());
            extra.ifPresent(tensors::add);
            return tensors;
        }

        @Override
        public Optional<ModelTensor> tensor(String name) {
            return extra.filter(tensor -> tensor.name().equals(name)).or(() -> source.tensor(name));
        }

        @Override
        public long byteSize() {
            return source.byteSize();
        }

        @Override
        public void close() {
            source.close();
        }
    }
}
