package io.github.jnpu.server.api;

import io.github.jnpu.engine.LanguageModel;

import java.util.Arrays;
import java.util.OptionalInt;

/**
 * What goes where a text is longer than the context.
 *
 * @param truncate
 *            whether a prompt may be shortened
 * @param shift
 *            whether tokens may go that are no message by themselves: of a prompt that is still too long, and while an answer is
 *            written
 * @param keep
 *            how many tokens at the beginning stay in any case, beside BOS; negative for all of the prompt
 */
record ContextLimits(boolean truncate, boolean shift, int keep) {

    /** How many tokens of a prompt stay. */
    private int head(LanguageModel model, int promptTokens) {
        int head = keep < 0 ? promptTokens : keep;
        return Math.clamp((long) head + (model.tokenizer().addsBos() ? 1 : 0), 0, model.contextLength() - 1);
    }

    /** How many tokens stay where the context is full while an answer is written; empty to end it there. */
    OptionalInt shiftKeep(LanguageModel model, int promptTokens) {
        return shift ? OptionalInt.of(Math.min(head(model, promptTokens), promptTokens)) : OptionalInt.empty();
    }

    /** Whether {@link #cut} may be called for prompts that are too long. */
    boolean cuts() {
        return truncate && shift;
    }

    /** The beginning and the newest part of a prompt that is too long, with room for half of what is behind the beginning. */
    int[] cut(LanguageModel model, int[] tokens) {
        int size = model.contextLength();
        int head = head(model, tokens.length);
        int limit = size - Math.max((size - head) / 2, 1);
        int tail = limit - head;
        int[] kept = Arrays.copyOf(tokens, limit);
        System.arraycopy(tokens, tokens.length - tail, kept, head, tail);
        return kept;
    }
}
