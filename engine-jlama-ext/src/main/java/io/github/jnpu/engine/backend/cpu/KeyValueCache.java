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
 * <p>A page holds {@link #PAGE} positions of one layer: for each head its keys, then for each head its values, in the order in
 * which {@link AttentionKernels} multiplies them. Keys are [features][positions]; values are panels of up to 64 features, each
 * [positions][features]. In Q8_0 the scales of a head follow its bytes: [blocks][positions] of keys, [positions][blocks] of
 * values.
 */
final class KeyValueCache implements AutoCloseable {
    /** Positions in a page. */
    static final int PAGE = AttentionKernels.PANEL;

    private final int layers;
    private final KvCacheType type;
    /** Of the keys or values of one head in a page. */
    private final long keyBytes;
    private final long valueBytes;
    private final long firstValue;
    private final long pageBytes;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment[] pages;
    private int allocatedPages;

    KeyValueCache(ModelConfig config, KvCacheType type, int capacity) {
        this.layers = config.layers();
        this.type = type;
        this.keyBytes = type.byteSize((long) PAGE * config.keyLength());
        this.valueBytes = type.byteSize((long) PAGE * config.valueLength());
        this.firstValue = config.keyValueHeads() * keyBytes;
        this.pageBytes = config.keyValueHeads() * (keyBytes + valueBytes);
        this.pages = new MemorySegment[Math.multiplyExact(layers, (capacity + PAGE - 1) / PAGE)];
    }

    /**
     * @throws BackendException
     *             if heads of this model cannot be kept in this type
     */
    static void requireFit(ModelConfig config, KvCacheType type) {
        if (config.keyLength() % type.blockLength() != 0 || config.valueLength() % type.blockLength() != 0) {
            throw new BackendException(
                    "a KV cache of type %s needs heads whose width is a multiple of %d, model '%s' has %d; use %s"
                            .formatted(type.label(), type.blockLength(), config.name(),
                                    config.keyLength() % type.blockLength() == 0
                                            ? config.valueLength()
                                            : config.keyLength(),
                                    KvCacheType.F16.label()));
        }
    }

    KvCacheType type() {
        return type;
    }

    /** Makes sure that there is a page for every position below {@code length}. */
    void reserve(int length) {
        int needed = (length + PAGE - 1) / PAGE;
        while (allocatedPages < needed) {
            MemorySegment ofAllLayers;
            try {
                ofAllLayers = arena.allocate(Math.multiplyExact(layers, pageBytes), 64);
            } catch (OutOfMemoryError e) {
                throw new BackendException(
                        "no memory for the KV cache beyond %d tokens; use a shorter context (num_ctx) or a smaller type (OLLAMA_KV_CACHE_TYPE)"
                                .formatted(allocatedPages * PAGE),
                        e);
            }
            for (int layer = 0; layer < layers; layer++) {
                pages[allocatedPages * layers + layer] = ofAllLayers.asSlice(layer * pageBytes, pageBytes);
            }
            allocatedPages++;
        }
    }

    MemorySegment page(int layer, int page) {
        return pages[page * layers + layer];
    }

    /** Where the keys of a head begin in a page, in bytes. */
    long keyOffset(int head) {
        return head * keyBytes;
    }

    /** Where the values of a head begin in a page, in bytes. */
    long valueOffset(int head) {
        return firstValue + head * valueBytes;
    }

    @Override
    public void close() {
        arena.close();
    }
}
