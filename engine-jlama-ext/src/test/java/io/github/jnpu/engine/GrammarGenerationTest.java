package io.github.jnpu.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.engine.store.ModelLocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Whole models held to grammars: every answer that ends by itself matches, whatever the weights. */
class GrammarGenerationTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> SCHEMAS = List.of(
            "{'type':'object','properties':{'name':{'type':'string','maxLength':12},'age':{'type':'integer','minimum':0,'maximum':150}},'required':['name','age']}",
            "{'type':'array','items':{'enum':['red','green','blue']},'minItems':1,'maxItems':6}",
            "{'anyOf':[{'type':'number','minimum':-1,'maximum':1},{'type':'string','pattern':'^[a-z]{1,5}(-[a-z]{1,5})?$'},{'type':'null'}]}",
            "{'$defs':{'n':{'type':'object','properties':{'v':{'type':'boolean'},'next':{'anyOf':[{'type':'null'},{'$ref':'#/$defs/n'}]}},'required':['v','next']}},'$ref':'#/$defs/n'}",
            "{'type':'object','properties':{'at':{'type':'string','format':'date-time'},'id':{'type':'string','format':'uuid'}},'required':['at'],'additionalProperties':false}");

    @TempDir
    Path folder;

    private static void holds(ModelSource source, int seeds, int leastEnded) throws IOException {
        try (LanguageModel model = LanguageModel.load(source, ModelOptions.DEFAULT.withContextLength(400))) {
            int[] prompt = model.encodePrompt("Once upon a time", false);
            int ended = 0;
            for (String quoted : SCHEMAS) {
                JsonNode tree = JSON.readTree(quoted.replace('\'', '"'));
                Schema oracle = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(tree);
                for (int seed = 0; seed < seeds; seed++) {
                    SamplingOptions sampling = seed == 0
                            ? SamplingOptions.GREEDY
                            : SamplingOptions.DEFAULT.withSeed(seed).withTemperature(seed).withTopK(20 * seed);
                    GenerationResult result = model.generate(GenerationRequest.of(prompt).withSampling(sampling)
                            .withMaxTokens(250).withGrammar(Grammar.ofJsonSchema(tree)));
                    if (result.finishReason() == FinishReason.STOP) {
                        ended++;
                        assertThat(oracle.validate(JSON.readTree(result.text()))).as("%s: %s", quoted, result.text())
                                .isEmpty();
                    } else {
                        assertThat(Grammar.ofJsonSchema(tree).begins(result.text())).isTrue();
                    }
                }
            }
            assertThat(ended).isGreaterThanOrEqualTo(leastEnded);
        }
    }

    @Test
    void aTrainedModel() throws IOException {
        holds(GgufFile.open(TestModels.stories260K()), 5, 20);
    }

    @Test
    void theDemoModel() throws IOException {
        holds(ModelLocator.open("demo"), 3, 10);
    }

    @Test
    void randomWeights() throws IOException {
        for (int seed = 0; seed < 3; seed++) {
            Path file = folder.resolve("random" + seed + ".gguf");
            new RandomModel("qwen2", new ModelSize(64, 2, 2, 1, 32, 128, 20_000, 512), FileType.F16, true, seed).write(
                    file);
            holds(GgufFile.open(file), 3, 10);
        }
    }

    @Test
    void withoutAGrammarTextsAreAsBefore() throws IOException {
        try (LanguageModel model = LanguageModel.load(GgufFile.open(TestModels.stories260K()), ModelOptions.DEFAULT)) {
            GenerationRequest free = GenerationRequest.of(model.encodePrompt("Once upon a time", false)).withSampling(
                    SamplingOptions.DEFAULT.withSeed(9)).withMaxTokens(40);
            // A grammar of anything changes nothing, neither what is drawn nor how often chance is asked.
            assertThat(model.generate(free.withGrammar(Grammar.ofGbnf("root ::= .*"))).tokens()).isEqualTo(model
                    .generate(free).tokens());
        }
    }
}
