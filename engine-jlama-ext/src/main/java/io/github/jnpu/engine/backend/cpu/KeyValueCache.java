package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.KvCacheType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Keys and values of one sequence, in chunks that are allocated when the sequence reaches them: a context of 128k tokens costs
 * nothing until it is used.
 *
 * <p>A chunk holds {@link #CHUNK} positions of one layer, head after head, so that decode reads long runs of memory: where it
 * jumps every 8 KiB a core gets 5 to 7 GB/s, every MiB 7 to 14. A head consists of pages of {@link #PAGE} positions, its keys and
 * then its values in the order in which {@link AttentionKernels} multiplies them. Keys are [features][positions]; values are
 * panels of up to 64 features, each [positions][features]. In Q8_0 the scales follow the bytes: [blocks][positions] of keys,
 * [positions][blocks] of values.
 */
final class KeyValueCache implements AutoCloseable {
    /** Positions in a page. */
    static final int PAGE = AttentionKernels.PANEL;
    /** Positions in a chunk; small enough that workers can share a context of some thousand tokens. */
    static final int CHUNK = 512;

    private final int layers;
    private final int heads;
    private final int keyWidth;
    private final int valueWidth;
    private final KvCacheType type;
    /** Of the keys, and of keys and values together, of one head in a page. */
    private final long keyBytes;
    private final long pageBytes;
    private final long chunkBytes;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment[] chunks;
    private int allocatedChunks;

    KeyValueCache(ModelConfig config, KvCacheType type, int capacity) {
        this.layers = config.layers();
        this.heads = config.keyValueHeads();
        this.keyWidth = config.keyLength();
        this.valueWidth = config.valueLength();
        this.type = type;
        this.keyBytes = type.byteSize((long) PAGE * config.keyLength());
        this.pageBytes = keyBytes + type.byteSize((long) PAGE * config.valueLength());
        this.chunkBytes = config.keyValueHeads() * pageBytes * (CHUNK / PAGE);
        this.chunks = new MemorySegment[Math.multiplyExact(layers, (capacity + CHUNK - 1) / CHUNK)];
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

    /** Makes sure that there is room for every position below {@code length}. */
    void reserve(int length) {
        int needed = (length + CHUNK - 1) / CHUNK;
        while (allocatedChunks < needed && layers > 0) {
            MemorySegment ofAllLayers;
            try {
                ofAllLayers = MemoryAdvice.allocate(arena, Math.multiplyExact(layers, chunkBytes));
            } catch (OutOfMemoryError e) {
                throw new BackendException(
                        "no memory for the KV cache beyond %d tokens; use a shorter context (num_ctx) or a smaller type (OLLAMA_KV_CACHE_TYPE)"
                                .formatted(allocatedChunks * CHUNK),
                        e);
            }
            for (int layer = 0; layer < layers; layer++) {
                chunks[allocatedChunks * layers + layer] = ofAllLayers.asSlice(layer * chunkBytes, chunkBytes);
            }
            allocatedChunks++;
        }
    }

    /** The memory of the chunk that holds a position. */
    MemorySegment chunk(int layer, int position) {
        return chunks[position / CHUNK * layers + layer];
    }

    /** Where the keys of the head and page that hold a position begin in its chunk, in bytes. */
    long keyOffset(int head, int position) {
        return (head * (CHUNK / PAGE) + position % CHUNK / PAGE) * pageBytes;
    }

    /** Where the values of the head and page that hold a position begin in its chunk, in bytes. */
    long valueOffset(int head, int position) {
        return keyOffset(head, position) + keyBytes;
    }

    /** Copies positions of a layer out: [positions][heads][width], keys and values. */
    void read(AttentionKernels kernels, int layer, int from, int count, float[] keys, float[] values) {
        float[] keyPanel = new float[keyWidth * PAGE];
        float[] valuePanels = new float[Math.ceilDiv(valueWidth, PAGE) * PAGE * PAGE];
        for (int first = from; first < from + count; first = first / PAGE * PAGE + PAGE) {
            int end = Math.min(from + count, first / PAGE * PAGE + PAGE);
            MemorySegment chunk = chunk(layer, first);
            for (int head = 0; head < heads; head++) {
                kernels.loadKeys(chunk, keyOffset(head, first), keyWidth, type, keyPanel);
                kernels.loadValues(chunk, valueOffset(head, first), valueWidth, type, valuePanels);
                for (int position = first; position < end; position++) {
                    int row = (position - from) * heads + head;
                    int inPage = position % PAGE;
                    for (int i = 0; i < keyWidth; i++) {
                        keys[row * keyWidth + i] = keyPanel[i * PAGE + inPage];
                    }
                    for (int i = 0; i < valueWidth; i++) {
                        values[row * valueWidth + i] = valuePanels[(i / PAGE * PAGE + inPage) * PAGE + i % PAGE];
                    }
                }
            }
        }
    }

    /** Writes positions of a layer, for which there is room; as {@link #read} gives them. */
    void write(AttentionKernels kernels, int layer, int from, int count, float[] keys, float[] values) {
        for (int position = from; position < from + count; position++) {
            MemorySegment chunk = chunk(layer, position);
            for (int head = 0; head < heads; head++) {
                int row = (position - from) * heads + head;
                kernels.storeKey(keys, row * keyWidth, keyWidth, chunk, keyOffset(head, position), position % PAGE,
                        type);
                kernels.storeValue(values, row * valueWidth, valueWidth, chunk, valueOffset(head, position),
                        position % PAGE, type);
            }
        }
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
