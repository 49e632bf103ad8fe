package io.github.jnpu.engine.backend;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How to compile a graph.
 *
 * @param threads
 *            how many cores to use; at least 1
 * @param cacheType
 *            how keys and values are kept
 * @param maxBatch
 *            how many tokens go through the network at once in prefill; at least 1
 * @param repack
 *            whether weights may be laid out anew, as a copy, where that makes products faster
 * @param packListener
 *            follows that
 * @param packedFile
 *            where a copy of weights that are laid out anew is kept for the next time; empty if it is not. One that does not fit this
 *            graph and machine is replaced, but nobody looks whether it was made from the same weights: its name must see to that
 */
public record DecoderOptions(int threads, KvCacheType cacheType, int maxBatch, boolean repack,
        PackListener packListener, Optional<Path> packedFile) {
    /** With weights laid out anew, and nobody who follows it. */
    public DecoderOptions(int threads, KvCacheType cacheType, int maxBatch) {
        this(threads, cacheType, maxBatch, true, PackListener.NONE, Optional.empty());
    }

    public DecoderOptions {
        if (threads < 1 || maxBatch < 1) {
            throw new IllegalArgumentException(
                    "threads and maxBatch are at least 1: %d, %d".formatted(threads, maxBatch));
        }
    }
}
