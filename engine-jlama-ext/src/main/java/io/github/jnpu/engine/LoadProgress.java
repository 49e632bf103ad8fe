package io.github.jnpu.engine;

import io.github.jnpu.engine.backend.PackListener;

import java.util.concurrent.CancellationException;

/**
 * Makes one number of two things that go on beside each other: reading the weights and laying them out anew, each worth half of
 * the bytes. Thread-safe.
 */
final class LoadProgress {
    private final LoadListener listener;
    private final long total;
    private final boolean packs;
    private long read;
    private long packed;
    private long reported = -1;

    /**
     * @param total
     *            bytes of all weights
     * @param packs
     *            whether some may be laid out anew
     */
    LoadProgress(LoadListener listener, long total, boolean packs) {
        this.listener = listener;
        this.total = total;
        this.packs = packs;
    }

    LoadListener reading() {
        return new LoadListener() {
            @Override
            public void onProgress(long loadedBytes, long totalBytes) {
                report(loadedBytes, 0);
            }

            @Override
            public boolean isCancelled() {
                return listener.isCancelled();
            }
        };
    }

    PackListener packing() {
        return (packedBytes, totalBytes) -> {
            if (listener.isCancelled()) {
                throw new CancellationException("loading was cancelled");
            }
            report(0, (long) (packedBytes / (double) totalBytes * total));
        };
    }

    /** Everything is in memory: also what neither of them counted, such as weights that were there before. */
    void complete() {
        report(total, total);
    }

    /** Takes what is new; the other number stays. */
    private synchronized void report(long nowRead, long nowPacked) {
        read = Math.max(read, nowRead);
        packed = Math.max(packed, nowPacked);
        long loaded = packs ? (read + packed) / 2 : read;
        if (loaded > reported) {
            reported = loaded;
            listener.onProgress(loaded, total);
        }
    }
}
