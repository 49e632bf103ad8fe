package io.github.jnpu.convert.model;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.tensor.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ModelConfigTest {
    @TempDir
    Path folder;

    private static Map<String, Object> sound() {
        Map<String, Object> pairs = new LinkedHashMap<>();
        pairs.put("general.architecture", "llama");
        pairs.put("llama.context_length", 2048);
        pairs.put("llama.embedding_length", 64);
        pairs.put("llama.block_count", 2);
        pairs.put("llama.feed_forward_length", 128);
        pairs.put("llama.attention.head_count", 4);
        return pairs;
    }

    private ModelConfig read(Map<String, Object> pairs) throws IOException {
        Path path = folder.resolve("model.gguf");
        GgufWriter writer = new GgufWriter();
        pairs.forEach(writer::put);
        writer.tensor("token_embd.weight", TensorType.I8, new long[]{10, 64},
                MemorySegment.ofArray(new byte[640])).write(path);
        try (GgufFile file = GgufFile.open(path)) {
            return ModelConfig.of(file);
        }
    }

    @Test
    void defaultsAreThoseOfLlamaCpp() throws IOException {
        ModelConfig config = read(sound());
        assertThat(config.keyValueHeads()).isEqualTo(4);
        assertThat(config.keyLength()).isEqualTo(16);
        assertThat(config.valueLength()).isEqualTo(16);
        assertThat(config.vocabularySize()).isEqualTo(10);
        assertThat(config.rope()).isEqualTo(
                new ModelConfig.RopeConfig(16, 10_000, ModelConfig.RopeScaling.NONE));
        assertThat(config.slidingWindow()).isZero();
    }

    static Stream<Arguments> hostile() {
        return Stream.of(
                Arguments.of("llama.block_count", 0, "llama.block_count' is 0"),
                Arguments.of("llama.block_count", -1, "llama.block_count' is -1"),
                Arguments.of("llama.block_count", 1 << 30, "llama.block_count"),
                Arguments.of("llama.block_count", 2.5f, "not a whole number"),
                Arguments.of("llama.block_count", "2", "of type String"),
                Arguments.of("llama.block_count", new BigInteger("18446744073709551615"), "beyond 63 bits"),
                Arguments.of("llama.attention.head_count", 0, "head_count"),
                Arguments.of("llama.attention.head_count", 128, "key_length' is 0"),
                Arguments.of("llama.attention.head_count_kv", 3, "does not divide 4 heads"),
                Arguments.of("llama.attention.key_length", 1 << 20, "more than 1048576 together"),
                Arguments.of("llama.attention.value_length", Long.MAX_VALUE, "value_length"),
                Arguments.of("llama.attention.layer_norm_rms_epsilon", Float.NaN, "epsilon"),
                Arguments.of("llama.rope.dimension_count", 15, "dimension_count"),
                Arguments.of("llama.rope.dimension_count", 18, "dimension_count"),
                Arguments.of("llama.rope.freq_base", Float.POSITIVE_INFINITY, "freq_base"),
                Arguments.of("llama.rope.scaling.type", "new\nkind", "'new?kind', known are none, linear, yarn"),
                Arguments.of("llama.rope.scaling.factor", -1f, "scaling.factor"),
                Arguments.of("llama.attention.sliding_window", -1, "sliding_window"),
                Arguments.of("llama.context_length", 0, "context_length"),
                Arguments.of("general.architecture", "", "general.architecture"),
                Arguments.of("general.architecture", "a\nb", "'a?b', not a name"),
                Arguments.of("general.architecture", "x".repeat(1 << 20), "not a name"),
                Arguments.of("split.count", 3, "one of 3 parts"));
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void refusesHostileValuesByKey(String key, Object value, String part) {
        Map<String, Object> pairs = sound();
        pairs.put(key, value);
        assertThatThrownBy(() -> read(pairs)).isExactlyInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("model.gguf: ", part).message().doesNotContain("\n").hasSizeLessThan(400);
    }

    @Test
    void refusesAttentionFactorsThatAreNotNumbers() {
        Map<String, Object> pairs = sound();
        pairs.put("llama.rope.scaling.type", "yarn");
        pairs.put("llama.rope.scaling.factor", 2f);
        pairs.put("llama.rope.scaling.attn_factor", Float.NaN);
        assertThatThrownBy(() -> read(pairs)).hasMessageContaining("attn_factor' is NaN");
    }

    @Test
    void namesWhatIsMissing() {
        for (String key : sound().keySet()) {
            Map<String, Object> pairs = sound();
            pairs.remove(key);
            assertThatThrownBy(() -> read(pairs)).isExactlyInstanceOf(ModelFormatException.class)
                    .hasMessageContainingAll("model.gguf: metadata '" + key + "' is missing");
        }
    }
}
