package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.sampling.TokenConstraint;
import io.github.jnpu.engine.sampling.TokenMask;

import java.util.Arrays;

/** How far one text has come in its grammar. For one thread; any number share a {@link TokenGrammar}. */
public final class GrammarCursor implements TokenConstraint {
    private final TokenGrammar grammar;
    private State state;
    private boolean ended;

    GrammarCursor(TokenGrammar grammar) {
        this.grammar = grammar;
        this.state = grammar.automaton().start();
    }

    @Override
    public boolean allows(int token) {
        return !ended && grammar.next(state, token) != State.DEAD;
    }

    /**
     * {@inheritDoc}
     *
     * @throws GrammarException
     *             if the vocabulary has no token for what must come next
     */
    @Override
    public TokenMask mask() {
        if (ended) {
            throw new IllegalStateException("the text has ended");
        }
        return grammar.mask(state);
    }

    @Override
    public boolean isMaskKnown() {
        return grammar.isMaskKnown(state);
    }

    @Override
    public void accept(int token) {
        State next = ended ? State.DEAD : grammar.next(state, token);
        if (next == State.DEAD) {
            throw new IllegalArgumentException("token %d ('%s') may not come here".formatted(token,
                    grammar.tokenizer().piece(token)));
        }
        ended = grammar.tokenizer().isEndOfGeneration(token);
        state = grammar.automaton().refreshed(next);
    }

    /** Whether the text is complete as it stands. */
    public boolean mayEnd() {
        return state.accepts;
    }

    /** Whether the text is complete and nothing can follow. */
    public boolean mustEnd() {
        return ended || state.accepts && state.isFinal();
    }

    State state() {
        return state;
    }

    @Override
    public String toString() {
        return "GrammarCursor[mayEnd=%s, places=%s]".formatted(state.accepts,
                Arrays.stream(state.nodes).map(node -> node.id).toList());
    }
}
