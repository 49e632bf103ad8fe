package io.github.jnpu.engine.backend;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.Operation;

/** What all sequences check alike before a device computes, and how long they are. */
public abstract class CheckedSequence implements DecoderSequence {
    private final int vocabularySize;
    private final int width;
    private final int capacity;
    private final boolean readsStream;
    private final boolean writesStream;
    private int length;

    protected CheckedSequence(DecoderGraph graph, int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("a sequence holds at least 1 token, not " + capacity);
        }
        this.vocabularySize = graph.config().vocabularySize();
        this.width = graph.config().embeddingLength();
        this.capacity = capacity;
        this.readsStream = graph.entry() instanceof Operation.StreamInput;
        this.writesStream = graph.head().isEmpty();
    }

    @Override
    public final int length() {
        return length;
    }

    @Override
    public final int capacity() {
        return capacity;
    }

    /** Columns of the logits. */
    protected final int vocabularySize() {
        return vocabularySize;
    }

    /** Columns of the residual stream. */
    protected final int width() {
        return width;
    }

    @Override
    public final void forward(Stage stage, int[] tokens, int from, int count, float[] stream, float[] logits) {
        int logitRows = logits == null ? 0 : logits.length / vocabularySize;
        if (count < 1 || from < 0 || from + count > tokens.length) {
            throw new IllegalArgumentException("%d tokens from %d of %d".formatted(count, from, tokens.length));
        }
        if (length + count > capacity) {
            throw new IllegalArgumentException(
                    "%d tokens do not fit a sequence of %d that holds %d already".formatted(count, capacity, length));
        }
        if (logits != null && (logits.length % vocabularySize != 0 || logitRows > count)
                || writesStream && logitRows > 0) {
            throw new IllegalArgumentException(
                    "%d logits are not whole rows of %d for up to %d tokens of a graph with%s head".formatted(
                            logits.length, vocabularySize, count, writesStream ? "out a" : " a"));
        }
        if ((readsStream || writesStream) && (stream == null || stream.length < count * width)) {
            throw new IllegalArgumentException("this part of a network needs a stream of %d floats for %d tokens"
                    .formatted(count * width, count));
        }
        if (stage == Stage.DECODE && count != 1) {
            throw new IllegalArgumentException("decode takes one token, not " + count);
        }
        for (int i = from; i < from + count; i++) {
            if (tokens[i] < 0 || tokens[i] >= vocabularySize) {
                throw new IllegalArgumentException(
                        "token %d is outside the vocabulary of %d".formatted(tokens[i], vocabularySize));
            }
        }
        run(stage, tokens, from, count, stream, logits, logitRows);
        length += count;
    }

    /** Checks the next token of a text that is decoded together with others; {@link #counted} follows when that has been done. */
    protected final void requireNext(int token) {
        if (length == capacity) {
            throw new IllegalArgumentException("a sequence of %d is full".formatted(capacity));
        }
        if (token < 0 || token >= vocabularySize) {
            throw new IllegalArgumentException(
                    "token %d is outside the vocabulary of %d".formatted(token, vocabularySize));
        }
    }

    /** One more token has gone in. */
    protected final void counted() {
        length++;
    }

    /** Runs tokens that have been checked; their first has the position {@link #length()}. */
    protected abstract void run(Stage stage, int[] tokens, int from, int count, float[] stream, float[] logits,
            int logitRows);

    @Override
    public void truncate(int newLength) {
        if (newLength < 0 || newLength > length) {
            throw new IllegalArgumentException("cannot shorten %d tokens to %d".formatted(length, newLength));
        }
        length = newLength;
    }

    @Override
    public void advance(int newLength) {
        if (!sharesCache()) {
            throw new BackendException("this device keeps its KV cache to itself");
        }
        if (newLength < length || newLength > capacity) {
            throw new IllegalArgumentException("cannot advance %d of %d tokens to %d".formatted(length, capacity,
                    newLength));
        }
        length = newLength;
    }

    /** Checks a range of positions that is read. */
    protected final void requireHeld(int from, int count) {
        if (from < 0 || count < 0 || from + count > length) {
            throw new IllegalArgumentException("positions %d to %d of %d".formatted(from, from + count - 1, length));
        }
    }

    /** Checks a range of positions that is written. */
    protected final void requireFree(int from, int count) {
        if (from < length || count < 0 || from + count > capacity) {
            throw new IllegalArgumentException("positions %d to %d behind %d of %d".formatted(from, from + count - 1,
                    length, capacity));
        }
    }
}
