package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.Operation.Attention;
import io.github.jnpu.convert.graph.Value;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelConfig.RopeConfig;
import io.github.jnpu.convert.model.ModelConfig.RopeScaling;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.reference.ScalarAttention;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/**
 * The walk over pages and chunks against the definition, softmax over all positions at once, in double precision. The kernels are
 * the scalar ones: the walk is the same for all.
 */
class AttentionStepsTest {
    /** Beyond two chunks, and within a page. */
    private static final int TOKENS = 2 * KeyValueCache.CHUNK + 37;

    private final SplittableRandom random = new SplittableRandom(7);

    @ParameterizedTest
    @CsvSource({"1,1,64,64,0", "2,1,24,40,0", "3,1,40,24,0", "8,2,80,80,0", "5,1,16,130,0", "7,1,8,8,0", "8,1,8,8,0",
            "2,2,8,8,1", "2,1,8,8,2", "4,2,24,24,63", "4,2,16,16,64", "2,1,8,8,65", "6,2,8,8,100", "2,1,8,8,600"})
    void attentionIsSoftmaxOverWhatATokenSees(int heads, int keyValueHeads, int keyWidth, int valueWidth,
            int window) {
        Setting setting = new Setting(heads, keyValueHeads, keyWidth, valueWidth, window, KvCacheType.F32);
        float[] actual = setting.run(2, TOKENS);
        for (int token : new int[]{0, 1, 62, 63, 64, 65, 127, 511, 512, 513, 1023, 1024, TOKENS - 1}) {
            for (int head = 0; head < heads; head++) {
                double[] expected = setting.expected(token, head);
                for (int i = 0; i < valueWidth; i++) {
                    assertThat((double) actual[(token * heads + head) * valueWidth + i])
                            .as("token %d head %d feature %d", token, head, i).isCloseTo(expected[i], within(1e-5));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 40, 64, 700})
    void neitherCutsNorWorkersChangeABit(int window) {
        Setting setting = new Setting(2, 1, 32, 32, window, KvCacheType.Q8_0);
        float[] whole = setting.run(1, TOKENS);
        assertThat(setting.run(3, TOKENS)).as("three workers").containsExactly(whole);
        assertThat(setting.run(2, 1, 63, 1, 1, 64, 65, 317, 1, 1, 1, TOKENS - 515)).as("cuts").containsExactly(whole);
        int[] single = new int[TOKENS];
        Arrays.fill(single, 1);
        assertThat(setting.run(3, single)).as("one by one").containsExactly(whole);
    }

    @Test
    void aTypeThatDoesNotFitIsRefused() {
        Setting setting = new Setting(2, 1, 80, 80, 0, KvCacheType.F16);
        assertThatThrownBy(() -> KeyValueCache.requireFit(setting.config(), KvCacheType.Q8_0))
                .isInstanceOf(BackendException.class)
                .hasMessage("a KV cache of type q8_0 needs heads whose width is a multiple of 32, model 'test' has 80;"
                        + " use f16");
        KeyValueCache.requireFit(setting.config(), KvCacheType.BF16);
    }

    /** Random queries, keys and values of one layer. */
    private final class Setting {
        private final Attention attention;
        private final KvCacheType type;
        private final float[] queries;
        private final float[] keys;
        private final float[] values;

        Setting(int heads, int keyValueHeads, int keyWidth, int valueWidth, int window, KvCacheType type) {
            this.type = type;
            this.attention = new Attention(new Value(0, "q", heads * keyWidth),
                    new Value(1, "k", keyValueHeads * keyWidth), new Value(2, "v", keyValueHeads * valueWidth), 0,
                    heads, keyValueHeads, keyWidth, valueWidth, 0.7f, window, new Value(3, "o", heads * valueWidth));
            this.queries = randomFloats(TOKENS * heads * keyWidth);
            this.keys = randomFloats(TOKENS * keyValueHeads * keyWidth);
            this.values = randomFloats(TOKENS * keyValueHeads * valueWidth);
        }

        private float[] randomFloats(int count) {
            float[] numbers = new float[count];
            for (int i = 0; i < count; i++) {
                numbers[i] = (float) (random.nextDouble() * 4 - 2);
            }
            return numbers;
        }

        ModelConfig config() {
            return new ModelConfig("llama", "test", 1, TOKENS, 32, 1, attention.heads(), attention.keyValueHeads(),
                    attention.keyWidth(), attention.valueWidth(), 32, new RopeConfig(2, 1, RopeScaling.NONE),
                    attention.slidingWindow(), 0);
        }

        /** All outputs, with the tokens cut into batches. */
        float[] run(int workers, int... batches) {
            assertThat(IntStream.of(batches).sum()).isEqualTo(TOKENS);
            float[] outputs = new float[TOKENS * attention.heads() * attention.valueWidth()];
            AttentionSteps.ChunkResults results = new AttentionSteps.ChunkResults(attention.heads(),
                    attention.valueWidth());
            try (KeyValueCache cache = new KeyValueCache(config(), type, TOKENS)) {
                int position = 0;
                for (int count : batches) {
                    cache.reserve(position + count);
                    results.reserve(position + count);
                    runBatch(cache, results, workers, position, count, outputs);
                    position += count;
                }
            }
            return outputs;
        }

        /** Worker after worker, a step at a time, as barriers order them. */
        private void runBatch(KeyValueCache cache, AttentionSteps.ChunkResults results, int workers, int position,
                int count, float[] outputs) {
            AttentionKernels kernels = new ScalarAttention();
            AttentionWorkspace[] workspaces = new AttentionWorkspace[workers];
            Arrays.setAll(workspaces, _ -> AttentionWorkspace.of(attention.heads() / attention
                    .keyValueHeads(), attention.keyWidth(), attention.valueWidth()));
            float[] output = new float[count * attention.heads() * attention.valueWidth()];
            AttentionSteps.Attend attend = new AttentionSteps.Attend(kernels, attention,
                    rows(queries, attention.query(), position, count), output, workspaces, results, this);
            Step[] steps = {
                    new AttentionSteps.Remember(kernels, attention, rows(keys, attention.key(), position, count),
                            rows(values, attention.value(), position, count), this),
                    attend,
                    new AttentionSteps.AddChunks(attend)};
            Batch batch = new Batch();
            batch.cache = cache;
            batch.position = position;
            batch.count = count;
            for (Step step : steps) {
                for (int worker = 0; worker < workers; worker++) {
                    step.run(batch, count, worker, workers);
                }
            }
            System.arraycopy(output, 0, outputs, position * attention.heads() * attention.valueWidth(),
                    output.length);
        }

        private static float[] rows(float[] all, Value value, int first, int count) {
            return Arrays.copyOfRange(all, first * value.width(), (first + count) * value.width());
        }

        double[] expected(int token, int head) {
            int cacheHead = head / (attention.heads() / attention.keyValueHeads());
            int oldest = attention.slidingWindow() == 0 ? 0 : Math.max(0, token - attention.slidingWindow() + 1);
            double[] sums = new double[attention.valueWidth()];
            double total = 0;
            for (int position = oldest; position <= token; position++) {
                double score = 0;
                for (int i = 0; i < attention.keyWidth(); i++) {
                    score += (double) queries[(token * attention.heads() + head) * attention.keyWidth() + i]
                            * keys[(position * attention.keyValueHeads() + cacheHead) * attention.keyWidth() + i];
                }
                double weight = Math.exp(score * attention.scale());
                total += weight;
                for (int i = 0; i < sums.length; i++) {
                    sums[i] += weight
                            * values[(position * attention.keyValueHeads() + cacheHead) * attention.valueWidth() + i];
                }
            }
            for (int i = 0; i < sums.length; i++) {
                sums[i] /= total;
            }
            return sums;
        }
    }
}
