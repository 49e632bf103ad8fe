package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.model.functions.Generator;
import com.github.tjake.jlama.model.functions.Generator.Response;
import com.github.tjake.jlama.model.llama.LlamaModel;
import com.github.tjake.jlama.safetensors.prompt.PromptContext;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.util.UUID;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/** jlama's own generation loop, and our engine over jlama's forward pass. */
class JlamaModelsTest {
    private static final String GOLDEN_START = ", there was a little girl named Lily. She loved to play outside";

    @BeforeAll
    static void startPool() {
        JlamaRuntime.start(JlamaTests.THREADS);
    }

    @Test
    void jlamasOwnLoopGeneratesTheGoldenText() throws Exception {
        try (GgufFile source = GgufFile.open(TestModels.stories260K());
                LlamaModel model = JlamaModels.load(source, 128)) {
            Response response = model.generate(UUID.randomUUID(), PromptContext.of("Once upon a time"), 0, 60,
                    (text, time) -> {});
            assertThat(response.responseText).startsWith(GOLDEN_START);
            float[] embedding = model.embed("a little girl", Generator.PoolingType.AVG);
            double squares = 0;
            for (float value : embedding) {
                squares += value * value;
            }
            assertThat(squares).isEqualTo(1, within(1e-4));
            model.getWeights().close();
        }
    }

    @Test
    void ourEngineGeneratesTheGoldenTextOverJlama() {
        ModelOptions options = ModelOptions.DEFAULT.withBackend("jlama").withThreads(JlamaTests.THREADS);
        try (LanguageModel model = LanguageModel.load(GgufFile.open(TestModels.stories260K()), options)) {
            int[] prompt = model.encodePrompt("Once upon a time", false);
            assertThat(model.generate(GenerationRequest.of(prompt).withSampling(SamplingOptions.GREEDY)
                    .withMaxTokens(40)).text()).startsWith(GOLDEN_START);
            assertThat(model.placement().backend().name()).isEqualTo("jlama");
            assertThat(model.threads()).isEqualTo(JlamaTests.THREADS);
        }
    }
}
