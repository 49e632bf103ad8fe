package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.util.LinkedHashMap;
import java.util.Map;

/** The grammars used last with one vocabulary, with what was worked out for them. Thread-safe. */
public final class GrammarCache {
    private static final int MAX_GRAMMARS = 32;
    private static final long MAX_MASK_BYTES = 32L << 20;

    private final Tokenizer tokenizer;
    private final Map<Grammar, TokenGrammar> grammars = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Grammar, TokenGrammar> eldest) {
            return size() > MAX_GRAMMARS;
        }
    };
    private final MaskCache masks = new MaskCache(MAX_MASK_BYTES);
    private TokenTrie trie;

    public GrammarCache(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** The grammar for this vocabulary. The first call lays the vocabulary out, which takes about 0.2 s for 150,000 tokens. */
    public synchronized TokenGrammar get(Grammar grammar) {
        if (trie == null) {
            trie = new TokenTrie(tokenizer);
        }
        return grammars.computeIfAbsent(grammar, key -> new TokenGrammar(key, trie, masks));
    }
}
