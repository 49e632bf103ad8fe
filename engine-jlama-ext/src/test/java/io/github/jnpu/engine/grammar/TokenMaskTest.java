package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.engine.sampling.TokenMask;
import io.github.jnpu.engine.tokenizer.TestVocabularies;
import io.github.jnpu.engine.tokenizer.Tokenizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Masks from the tree of tokens against each token's bytes run through the automaton by itself. */
class TokenMaskTest {

    @ParameterizedTest
    @CsvSource({"stories260K,4000", "llama-spm,600", "gpt-2,300", "llama-bpe,150"})
    void masksEqualTheTokensOneByOne(String vocabulary, int states) {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of(vocabulary));
        GrammarCache cache = new GrammarCache(tokenizer);
        SplittableRandom random = new SplittableRandom(7);
        List<TokenGrammar> grammars = new ArrayList<>();
        TestSchemas.BY_HAND.forEach(schema -> grammars.add(cache.get(Grammar.ofJsonSchema(schema))));
        grammars.add(cache.get(Grammar.jsonObject().behind("</think>")));
        grammars.add(cache.get(Grammar.jsonValue().behindOptional("<think>", "</think>")));
        grammars.add(cache.get(Grammar.ofGbnf("root ::= ([^a]{2,5} | \"ab\"+ | [\\U00010000-\\U0010FFFF])* \".\"?")));
        int seen = 0;
        while (seen < states) {
            GrammarCursor cursor = grammars.get(random.nextInt(grammars.size())).newCursor();
            for (int i = 0; i < 20 && seen < states && !cursor.mustEnd(); i++, seen++) {
                TokenMask mask = cursor.mask();
                List<Integer> allowed = new ArrayList<>();
                for (int id = 0; id < tokenizer.vocabularySize(); id++) {
                    if (cursor.allows(id)) {
                        allowed.add(id);
                    }
                    if (mask.contains(id) != cursor.allows(id)) {
                        throw new AssertionError("token %d (%s) at %s".formatted(id, tokenizer.piece(id), cursor));
                    }
                }
                assertThat(mask.count()).isEqualTo(allowed.size()).isPositive();
                int token = allowed.get(random.nextInt(allowed.size()));
                if (tokenizer.isEndOfGeneration(token)) {
                    break;
                }
                cursor.accept(token);
            }
        }
    }

    @Test
    void theEndIsAllowedWhereTheTextIsComplete() {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("llama-bpe"));
        int end = tokenizer.eos().orElseThrow();
        GrammarCursor cursor = new GrammarCache(tokenizer).get(Grammar.ofJsonSchema("{\"type\":\"integer\"}"))
                .newCursor();
        assertThat(cursor.allows(end)).isFalse();
        assertThat(cursor.mayEnd()).isFalse();
        cursor.accept(tokenizer.encode("7", false)[0]);
        assertThat(cursor.allows(end)).isTrue();
        assertThat(cursor.mask().contains(end)).isTrue();
        assertThat(cursor.mayEnd()).isTrue();
        assertThat(cursor.mustEnd()).isFalse();
        cursor.accept(end);
        assertThat(cursor.mustEnd()).isTrue();
        assertThat(cursor.allows(end)).isFalse();
        assertThatThrownBy(() -> cursor.accept(end)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whereNothingCanFollowOnlyTheEndIsAllowed() {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("llama-bpe"));
        GrammarCursor cursor = new GrammarCache(tokenizer).get(Grammar.ofGbnf("root ::= \"yes\"")).newCursor();
        for (int id : tokenizer.encode("yes", false)) {
            cursor.accept(id);
        }
        TokenMask mask = cursor.mask();
        for (int id = 0; id < tokenizer.vocabularySize(); id++) {
            assertThat(mask.contains(id)).isEqualTo(tokenizer.isEndOfGeneration(id));
        }
        assertThat(cursor.mustEnd()).isTrue();
    }

    @Test
    void aMarkerMayBeATokenWithoutBytes() {
        // Llama 3 has no such token of its own, so one of its control tokens plays the part.
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("llama-bpe"));
        int marker = tokenizer.idOf("<|eom_id|>").isPresent() ? tokenizer.idOf("<|python_tag|>").getAsInt() : -1;
        assertThat(tokenizer.bytes(marker)).isEmpty();
        GrammarCursor cursor = new GrammarCache(tokenizer).get(Grammar.jsonObject().behind("<|python_tag|>"))
                .newCursor();
        int brace = tokenizer.idOf("{").getAsInt();
        int word = tokenizer.encode("hello", false)[0];
        cursor.accept(brace);
        cursor.accept(word);
        assertThat(cursor.mask().contains(marker)).isTrue();
        cursor.accept(marker);
        assertThat(cursor.allows(word)).isFalse();
        assertThat(cursor.mask().contains(brace)).isTrue();
    }

    @Test
    void aVocabularyThatCannotWriteTheGrammarIsAnError() {
        // BERT's vocabulary has words only, and nothing that could begin this text.
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("bert-bge"));
        GrammarCursor cursor = new GrammarCache(tokenizer).get(Grammar.ofGbnf("root ::= [\\U000E0000]")).newCursor();
        assertThatThrownBy(cursor::mask).isInstanceOf(GrammarException.class).hasMessageContaining(
                "no token for what the grammar asks for");
    }

    @Test
    void threadsShareAGrammar() throws Exception {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("stories260K"));
        GrammarCache cache = new GrammarCache(tokenizer);
        Grammar grammar = Grammar.jsonObject();
        List<String> alone = answers(cache.get(grammar), tokenizer);
        GrammarCache fresh = new GrammarCache(tokenizer);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<List<String>>> shared = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                shared.add(threads.submit(() -> answers(fresh.get(Grammar.jsonObject()), tokenizer)));
            }
            for (Future<List<String>> one : shared) {
                assertThat(one.get()).isEqualTo(alone);
            }
        }
    }

    private static List<String> answers(TokenGrammar grammar, Tokenizer tokenizer) {
        RandomWriter writer = new RandomWriter(tokenizer, 5);
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            answers.add(writer.write(grammar, SamplingOptions.DEFAULT.withSeed(i), 200)
                    .orElse(""));
        }
        return answers;
    }

    /** A text of any depth and length must not fill the memory with states. */
    @Test
    void whatHasBeenWorkedOutIsForgottenInTime() {
        Grammar grammar = Grammar.jsonValue();
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("stories260K"));
        GrammarCursor cursor = new GrammarCache(tokenizer).get(grammar).newCursor();
        int open = tokenizer.encode("[", false)[tokenizer.encode("[", false).length - 1];
        Automaton.Memory first = cursor.state().memory;
        for (int i = 0; i < 60_000; i++) {
            cursor.accept(open);
        }
        assertThat(cursor.state().memory).isNotSameAs(first);
        assertThat(cursor.mask().contains(open)).isTrue();
        assertThat(cursor.mayEnd()).isFalse();
    }
}
