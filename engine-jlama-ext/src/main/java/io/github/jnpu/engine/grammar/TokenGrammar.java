package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.sampling.TokenMask;
import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** A grammar for one vocabulary: which tokens may come next, worked out once for each state. Thread-safe. */
public final class TokenGrammar {
    private static final byte[] NO_BYTES = {};

    private final Automaton automaton;
    private final TokenTrie trie;
    private final MaskCache masks;
    /** Tokens without bytes of their own that the grammar names, such as a {@code </think>} of type control. */
    private final Map<Integer, byte[]> markers = new HashMap<>();

    TokenGrammar(Grammar grammar, TokenTrie trie, MaskCache masks) {
        this.automaton = grammar.automaton();
        this.trie = trie;
        this.masks = masks;
        for (String marker : grammar.markers()) {
            OptionalInt id = trie.tokenizer().idOf(marker);
            if (id.isPresent() && trie.tokenizer().bytes(id.getAsInt()).length == 0
                    && !trie.tokenizer().isEndOfGeneration(id.getAsInt())) {
                markers.put(id.getAsInt(), marker.getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    /** A cursor at the beginning of a text. */
    public GrammarCursor newCursor() {
        return new GrammarCursor(this);
    }

    Automaton automaton() {
        return automaton;
    }

    Tokenizer tokenizer() {
        return trie.tokenizer();
    }

    /** The state behind a token; the same one behind the end of the text. */
    State next(State state, int token) {
        Tokenizer tokenizer = trie.tokenizer();
        if (token < 0 || token >= tokenizer.vocabularySize()) {
            return State.DEAD;
        }
        if (tokenizer.isEndOfGeneration(token)) {
            return state.accepts ? state : State.DEAD;
        }
        byte[] bytes = tokenizer.bytes(token);
        if (bytes.length == 0) {
            bytes = markers.getOrDefault(token, NO_BYTES);
        }
        // A token that says nothing would let a model say nothing for ever.
        return bytes.length == 0 ? State.DEAD : automaton.next(state, bytes);
    }

    boolean isMaskKnown(State state) {
        return masks.get(state) != null;
    }

    TokenMask mask(State state) {
        TokenMask known = masks.get(state);
        if (known != null) {
            return known;
        }
        long[] words;
        State coarse = automaton.coarse(state, TokenTrie.SHORT);
        if (coarse == state) {
            words = trie.allowed(automaton, state);
        } else {
            // Most characters of a string of limited length are far from the limit, and share the mask of short tokens.
            words = mask(coarse).toWords(trie.words());
            trie.allowLong(automaton, state, words);
        }
        markers.forEach((token, bytes) -> {
            if (automaton.next(state, bytes) != State.DEAD) {
                words[token >> 6] |= 1L << token;
            }
        });
        TokenMask mask = TokenMask.of(words);
        if (mask.count() == 0) {
            throw new GrammarException(state.accepts
                    ? "the answer is complete, but the model's vocabulary has no token that ends a text"
                    : "the model's vocabulary has no token for what the grammar asks for next");
        }
        masks.put(state, mask);
        return mask;
    }
}
