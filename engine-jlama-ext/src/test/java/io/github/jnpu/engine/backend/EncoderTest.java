package io.github.jnpu.engine.backend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.RandomEncoder;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.EncoderGraph;
import io.github.jnpu.convert.graph.Pooling;
import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.backend.onnxruntime.OnnxRuntimeBackend;
import io.github.jnpu.engine.backend.reference.ReferenceBackend;
import io.github.jnpu.engine.backend.vector.VectorBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** Encoders against llama.cpp's vectors, and backends against each other. */
class EncoderTest {
    /** Two texts as {@link RandomEncoder}'s vocabulary has them. */
    private static final List<int[]> GOLDEN_TEXTS = List.of(new int[]{2, 148, 149, 3},
            new int[]{2, 141, 142, 144, 145, 141, 146, 27, 147, 153, 5, 3});
    private static final EncoderOptions OPTIONS = new EncoderOptions(2, 0);

    @TempDir
    Path folder;

    /**
     * Of llama.cpp 0.7.0: {@code llama-server --embedding} asked at {@code /v1/embeddings} for "hello world" and "The cat sat on the mat, running!".
     * It looks GELU up in a table of half floats and rounds more, hence the tolerance.
     */
    @ParameterizedTest
    @CsvSource({"bert,MEAN,false", "bert,CLS,true", "nomic-bert,MEAN,true"})
    void vectorsAreLlamaCpps(String architecture, Pooling pooling, boolean fused) throws IOException {
        JsonNode golden;
        try (InputStream json = EncoderTest.class.getResourceAsStream("/golden/encoders.json")) {
            golden = new ObjectMapper().readTree(json).get(architecture + "-" + pooling);
        }
        RandomEncoder random = new RandomEncoder(architecture, TensorType.F32, pooling, fused);
        for (ComputeBackend backend : List.of(new ReferenceBackend(), new VectorBackend())) {
            float[][] vectors = encode(random, backend, GOLDEN_TEXTS);
            for (int text = 0; text < vectors.length; text++) {
                double norm = Math.sqrt(dot(vectors[text], vectors[text]));
                for (int i = 0; i < RandomEncoder.WIDTH; i++) {
                    assertThat(vectors[text][i] / norm).as("%s, feature %d", backend.name(), i)
                            .isCloseTo(golden.get(text).get(i).asDouble(), within(6e-4));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"bert,F32", "nomic-bert,F32", "bert,F16", "nomic-bert,Q8_0", "bert,Q4_0"})
    void backendsAgree(String architecture, TensorType type) throws IOException {
        RandomEncoder random = new RandomEncoder(architecture, type, Pooling.MEAN, true);
        List<int[]> texts = texts(1, 5, 63, 64, 65, 130, 160);
        float[][] expected = encode(random, new ReferenceBackend(), texts);
        float[][] actual = encode(random, new VectorBackend(), texts);
        for (int i = 0; i < expected.length; i++) {
            // The vector backend rounds activations for products with blocks of weights.
            assertThat(cosine(actual[i], expected[i])).isGreaterThan(type == TensorType.F32 ? 0.999999 : 0.998);
        }
        float[][] printed = encode(random, new OnnxRuntimeBackend(OnnxOptions.EXACT), texts);
        for (int i = 0; i < expected.length; i++) {
            assertThat(cosine(printed[i], expected[i])).isGreaterThan(0.99999);
        }
    }

    /** More tokens than a batch has, so that texts come in several. */
    @ParameterizedTest
    @EnumSource(Pooling.class)
    void aTextsVectorDoesNotDependOnItsNeighbours(Pooling pooling) throws IOException {
        RandomEncoder random = new RandomEncoder("bert", TensorType.F32, pooling, false);
        List<int[]> texts = texts(7, 160, 3, 160, 99, 160, 160, 11);
        float[][] together = encode(random, new VectorBackend(), texts);
        for (int i = 0; i < texts.size(); i++) {
            assertThat(encode(random, new VectorBackend(), List.of(texts.get(i)))[0])
                    .usingComparatorWithPrecision(1e-5f).containsExactly(together[i]);
        }
    }

    @Test
    void textsThatDoNotFitAreRefused() throws IOException {
        RandomEncoder random = RandomEncoder.bert(TensorType.F32);
        for (int[] text : List.of(new int[0], new int[161], new int[]{9999}, new int[]{-1})) {
            assertThatThrownBy(() -> encode(random, new VectorBackend(), List.of(text)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private float[][] encode(RandomEncoder random, ComputeBackend backend, List<int[]> texts) throws IOException {
        Path file = random.write(folder.resolve("encoder.gguf"));
        try (GgufFile model = GgufFile.open(file);
                Encoder encoder = backend.compile(EncoderGraph.of(model), OPTIONS)) {
            return encoder.encode(texts);
        }
    }

    private static List<int[]> texts(int... lengths) {
        List<int[]> texts = new ArrayList<>();
        for (int length : lengths) {
            texts.add(new SplittableRandom(length + texts.size()).ints(length, 5, 150).toArray());
        }
        return texts;
    }

    private static double cosine(float[] a, float[] b) {
        return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
