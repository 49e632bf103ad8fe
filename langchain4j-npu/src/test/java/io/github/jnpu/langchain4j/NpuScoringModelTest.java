package io.github.jnpu.langchain4j;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.scoring.ScoringModel;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.aggregator.ReRankingContentAggregator;
import dev.langchain4j.rag.query.Query;
import io.github.jnpu.convert.onnx.CrossEncoderFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** That scores are right is the engine's ScoringModelTest; here they are small whole numbers. */
class NpuScoringModelTest {
    private static final List<TextSegment> SEGMENTS = List.of(TextSegment.from("cat"), TextSegment.from("a dog, a dog"),
            TextSegment.from("the bird"));

    @TempDir
    static Path folder;

    @BeforeAll
    static void write() throws IOException {
        CrossEncoderFile.ofSum(folder, true);
    }

    private static NpuScoringModel.Builder builder() {
        return NpuScoringModel.builder().modelPath(folder);
    }

    @Test
    void scoresComeInOrderAndAsTheyAre() {
        try (NpuScoringModel model = builder().build(); NpuScoringModel scaled = builder().normalize(true).build()) {
            Response<List<Double>> all = model.scoreAll(SEGMENTS, "who?");
            assertThat(all.content()).hasSize(3).doesNotHaveDuplicates().allSatisfy(score -> assertThat(score % 1)
                    .isZero());
            assertThat(all.tokenUsage().inputTokenCount()).isEqualTo(3 * (2 + 3) + 1 + 5 + 2);
            for (int i = 0; i < 3; i++) {
                double one = model.score(SEGMENTS.get(i), "who?").content();
                assertThat(one).isEqualTo(all.content().get(i));
                assertThat(scaled.scoreAll(SEGMENTS, "who?").content().get(i)).isCloseTo(1 / (1 + Math.exp(-one)),
                        within(1e-9));
            }
            assertThat(NpuScoringModel.loadedModels()).isEqualTo(1);
        }
        assertThat(NpuScoringModel.loadedModels()).isZero();
    }

    @Test
    void contentsAreRankedWithIt() {
        try (NpuScoringModel model = builder().build()) {
            List<Content> ranked = new ReRankingContentAggregator(model).aggregate(Map.of(Query.from("who?"), List.of(
                    SEGMENTS.stream().map(Content::from).toList())));
            List<Double> scores = ranked.stream().map(content -> model.score(content.textSegment(), "who?").content())
                    .toList();
            assertThat(scores).hasSize(3).isSortedAccordingTo((left, right) -> Double.compare(right, left));
        }
    }

    @Test
    void whatIsWrongIsSaid() {
        assertThatThrownBy(() -> NpuScoringModel.builder().build()).isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("set modelName");
        assertThatThrownBy(() -> NpuScoringModel.builder().modelName("no-such-folder").build()).isInstanceOf(
                ModelNotFoundException.class).hasMessageContaining("no-such-folder");
        try (NpuScoringModel strict = builder().contextLength(6).truncate(false).build()) {
            assertThatThrownBy(() -> strict.scoreAll(SEGMENTS, "who?")).isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("more than the 6");
        }
        NpuScoringModel closed = builder().build();
        closed.close();
        closed.close();
        assertThatThrownBy(() -> closed.scoreAll(SEGMENTS, "who?")).isInstanceOf(IllegalStateException.class);
        assertThat(closed).isInstanceOf(ScoringModel.class);
    }
}
