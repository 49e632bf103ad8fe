package io.github.jnpu.engine.backend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.placement.Placement;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.StreamSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The trained 260K-parameter llama against values that an independent program computed in double precision. The narrower
 * caches round keys and values to 11 and 8 bits, so their tolerances are wider.
 */
class GoldenLogitsTest {

    @ParameterizedTest
    @CsvSource({"reference,F32,1e-3", "reference,F16,5e-3", "vector,F32,1e-3", "vector,F16,5e-3", "vector,BF16,5e-2",
            "onnxruntime,F32,1e-3"})
    void logitsAndGreedyTokensAreTheGoldenOnes(String backend, KvCacheType cacheType, double tolerance)
            throws IOException {
        Path file = TestModels.stories260K();
        JsonNode golden = new ObjectMapper().readTree(file.resolveSibling("golden.json").toFile()).get("tinyllm.gguf");
        int[] ids = ids(golden.get("greedy_ids"));
        int promptLength = golden.get("prompt_ids").size();
        try (GgufFile model = GgufFile.open(file)) {
            DecoderGraph graph = DecoderGraph.of(model);
            ComputeBackend compute = Placement.find(graph, Optional.of(backend)).backend();
            try (Decoder decoder = compute.compile(graph, new DecoderOptions(2, cacheType, 64));
                    DecoderSequence sequence = decoder.newSequence(ids.length)) {
                float[] logits = new float[graph.config().vocabularySize()];
                sequence.forward(ids, 0, promptLength, logits);
                for (int i = 0; i < 8; i++) {
                    assertThat((double) logits[i]).isCloseTo(golden.get("last_logits_first8").get(i).asDouble(),
                            within(tolerance));
                }
                for (JsonNode pair : golden.get("last_logits_top5")) {
                    assertThat((double) logits[pair.get(0).asInt()]).isCloseTo(pair.get(1).asDouble(),
                            within(tolerance));
                }
                for (int i = promptLength; i < ids.length; i++) {
                    assertThat(argmax(logits)).as("token %d", i).isEqualTo(ids[i]);
                    sequence.forward(ids, i, 1, logits);
                }
            }
        }
    }

    private static int[] ids(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    }

    private static int argmax(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }
}
