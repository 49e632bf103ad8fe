package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.KvCacheType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Keys and values of one sequence, in pages that are allocated when the sequence reaches them: a context of 128k tokens costs
 * nothing until it is used.
 *
 * <p>A page holds {@link #PAGE} positions of one layer: per head {@code PAGE} keys one after the other, then likewise the
 * values.
 */
final class KeyValueCache implements AutoCloseable {
    /** Positions in a page. */
    static final int PAGE = 128;

    private final int layers;
    private final int heads;
    private final int keyWidth;
    private final int valueWidth;
    private final KvCacheType type;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment[] pages;
    private int allocatedPages;

    KeyValueCache(ModelConfig config, KvCacheType type, int capacity) {
        this.layers = config.layers();
        this.heads = config.keyValueHeads();
        this.keyWidth = config.keyLength();
        this.valueWidth = config.valueLength();
        this.type = type;
        this.pages = new MemorySegment[Math.multiplyExact(layers, (capacity + PAGE - 1) / PAGE)];
    }

    KvCacheType type() {
        return type;
    }

    /** Makes sure that there is a page for every position below {@code length}. */
    void reserve(int length) {
        int needed = (length + PAGE - 1) / PAGE;
        long bytes = (long) PAGE * heads * (keyWidth + valueWidth) * type.bytes();
        while (allocatedPages < needed) {
            for (int layer = 0; layer < layers; layer++) {
                try {
                    pages[allocatedPages * layers + layer] = arena.allocate(bytes, 64);
                } catch (OutOfMemoryError e) {
                    throw new BackendException(
                            "no memory for the KV cache beyond %d tokens; use a shorter context (num_ctx)".formatted(
                                    allocatedPages * PAGE),
                            e);
                }
            }
            allocatedPages++;
        }
    }

    MemorySegment page(int layer, int page) {
        return pages[page * layers + layer];
    }

    /** Where the key of a head and position begins in its page, in bytes. */
    long keyOffset(int head, int positionInPage) {
        return ((long) head * PAGE + positionInPage) * keyWidth * type.bytes();
    }

    /** Where the value of a head and position begins in its page, in bytes. */
    long valueOffset(int head, int positionInPage) {
        return ((long) heads * PAGE * keyWidth + ((long) head * PAGE + positionInPage) * valueWidth) * type.bytes();
    }

    @Override
    public void close() {
        arena.close();
    }
}
