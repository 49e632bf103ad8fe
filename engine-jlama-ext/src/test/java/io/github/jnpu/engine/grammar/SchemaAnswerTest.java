package io.github.jnpu.engine.grammar;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.engine.tokenizer.TestVocabularies;
import io.github.jnpu.engine.tokenizer.Tokenizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;

/** Answers drawn at random, over real vocabularies: every one that ends by itself matches its schema. */
class SchemaAnswerTest {
    private static final List<SamplingOptions> WAYS = List.of(SamplingOptions.GREEDY, SamplingOptions.DEFAULT.withSeed(
            3),
            SamplingOptions.DEFAULT.withSeed(4).withTopK(0).withTopP(1), SamplingOptions.DEFAULT.withSeed(5)
                    .withTemperature(2).withTopK(0).withTypicalP(0.9f).withMinP(0.01f),
            SamplingOptions.DEFAULT.withSeed(6).withRepeatPenalty(1.3f).withPresencePenalty(1).withFrequencyPenalty(
                    0.5f));

    @ParameterizedTest
    @ValueSource(strings = {"stories260K", "llama-spm", "gpt-2", "llama-bpe"})
    void everyAnswerThatEndsMatches(String vocabulary) throws Exception {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of(vocabulary));
        GrammarCache cache = new GrammarCache(tokenizer);
        RandomWriter writer = new RandomWriter(tokenizer, vocabulary.hashCode());
        boolean large = tokenizer.vocabularySize() > 40_000;
        List<String> schemas = TestSchemas.all(large ? 40 : 150, new SplittableRandom(vocabulary.length()));
        int ended = 0;
        int written = 0;
        for (String schema : schemas) {
            Optional<Grammar> grammar = compiled(schema);
            if (grammar.isEmpty()) {
                continue;
            }
            JsonSchemaOracle oracle = new JsonSchemaOracle(schema);
            TokenGrammar tokens = cache.get(grammar.get());
            int next = written % WAYS.size();
            for (SamplingOptions way : large ? WAYS.subList(next, next + 1) : WAYS) {
                Optional<String> answer = writer.write(tokens, way, 150);
                written++;
                if (answer.isPresent()) {
                    ended++;
                    assertThat(oracle.complaints(answer.get())).as("%s%n%s", schema, answer.get()).isEmpty();
                    assertAcceptsAgain(grammar.get(), tokens, tokenizer, answer.get());
                }
            }
        }
        assertThat(written).isGreaterThan(large ? 110 : 1000);
        assertThat(ended).isGreaterThan(written * 2 / 3);
    }

    /** A random schema may be one that nothing matches; this must be said, not found out later. */
    private static Optional<Grammar> compiled(String schema) {
        try {
            return Optional.of(Grammar.ofJsonSchema(schema));
        } catch (GrammarException e) {
            assertThat(e).hasMessageContaining("derives no text");
            return Optional.empty();
        }
    }

    /** As the tokenizer cuts it, compact, and indented. */
    private static void assertAcceptsAgain(Grammar grammar, TokenGrammar tokens, Tokenizer tokenizer, String answer)
            throws Exception {
        JsonNode value = JsonSchemaOracle.tree(answer);
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter(Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER).withObjectEmptySeparator("")
                .withArrayEmptySeparator(""));
        printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
        assertThat(grammar.matches(answer)).as(answer).isTrue();
        // A double may be printed with another exponent than it was written with.
        if (!answer.matches("(?s).*\\d[eE.].*")) {
            assertThat(grammar.matches(value.toString())).as(value.toString()).isTrue();
            String pretty = JsonSchemaOracle.JSON.writer(printer).writeValueAsString(value);
            assertThat(grammar.matches(pretty)).as(pretty).isTrue();
        }
        int[] ids = tokenizer.encode(answer, false);
        // Some tokenizers put a blank in front of a text.
        if (ids.length > 0 && tokenizer.bytes(ids[0])[0] != ' ') {
            GrammarCursor cursor = tokens.newCursor();
            for (int id : ids) {
                assertThat(cursor.allows(id)).as("%s: %d in %s", answer, id, Arrays.toString(ids)).isTrue();
                cursor.accept(id);
            }
            assertThat(cursor.mayEnd()).isTrue();
        }
    }

    @Test
    void theSchemasByHandCompile() {
        assertThat(TestSchemas.BY_HAND).allSatisfy(schema -> assertThat(Grammar.ofJsonSchema(schema)).isNotNull());
    }
}
