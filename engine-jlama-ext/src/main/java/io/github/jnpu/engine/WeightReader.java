package io.github.jnpu.engine;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Brings the weights of a mapped file into memory with several threads, either in place or as a copy.
 *
 * <p>In place, that is worth it also where the file is in the page cache already: mapping 1.17 GB takes two threads 60 to 80 ms,
 * which prefill and decode would otherwise spend in page faults, one worker at a time and the others waiting.
 */
final class WeightReader implements AutoCloseable {
    /** Often enough for a progress display on a slow disk, seldom enough to cost nothing. */
    private static final long CHUNK_BYTES = 16L << 20;
    private static final int ALIGNMENT = 64;

    private record Chunk(MemorySegment from, MemorySegment to) {}

    private final String location;
    private final LoadListener listener;
    private final List<Chunk> chunks;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final long total;
    private long loaded;

    private WeightReader(String location, List<Chunk> chunks, int threadCount, LoadListener listener) {
        this.location = location;
        this.listener = listener;
        this.chunks = chunks;
        this.total = chunks.stream().mapToLong(chunk -> chunk.from.byteSize()).sum();
        for (int i = 0; i < Math.min(threadCount, chunks.size()); i++) {
            threads.add(Thread.ofPlatform().daemon().name("jnpu-load-" + i).start(this::work));
        }
    }

    /** Starts to read a mapped file ahead; does nothing for weights that are in memory. */
    static WeightReader prefetch(ModelSource source, int threads, LoadListener listener) {
        List<Chunk> chunks = new ArrayList<>();
        for (ModelTensor tensor : source.tensors()) {
            if (tensor.data().isMapped()) {
                cut(tensor.data(), null, chunks);
            }
        }
        return new WeightReader(source.location(), chunks, threads, listener);
    }

    /**
     * Copies all tensors and closes the source.
     *
     * @throws EngineException
     *             if the memory cannot be had or the file cannot be read
     * @throws CancellationException
     *             if the listener says so
     */
    static ModelSource copy(ModelSource source, int threads, LoadListener listener) {
        Arena arena = Arena.ofShared();
        try {
            List<ModelTensor> copies = new ArrayList<>();
            List<Chunk> chunks = new ArrayList<>();
            for (ModelTensor tensor : source.tensors()) {
                MemorySegment memory = arena.allocate(tensor.data().byteSize(), ALIGNMENT);
                cut(tensor.data(), memory, chunks);
                copies.add(new ModelTensor(tensor.name(), tensor.type(), tensor.shape(), memory.asReadOnly()));
            }
            try (WeightReader reader = new WeightReader(source.location(), chunks, threads, listener)) {
                reader.await();
            }
            ModelSource copy = new InMemorySource(source.location(), source.metadata(), copies, arena);
            source.close();
            return copy;
        } catch (OutOfMemoryError e) {
            arena.close();
            throw new EngineException("%s: no memory for a copy of %d MB of weights; leave use_mmap on".formatted(source
                    .location(), weightBytes(source.tensors()) / 1_000_000), e);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    static long weightBytes(Collection<ModelTensor> tensors) {
        return tensors.stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
    }

    private static void cut(MemorySegment from, MemorySegment to, List<Chunk> chunks) {
        for (long at = 0; at < from.byteSize(); at += CHUNK_BYTES) {
            long size = Math.min(CHUNK_BYTES, from.byteSize() - at);
            chunks.add(new Chunk(from.asSlice(at, size), to == null ? null : to.asSlice(at, size)));
        }
    }

    private void work() {
        try {
            for (int i = next.getAndIncrement(); i < chunks.size() && failure.get() == null; i = next
                    .getAndIncrement()) {
                Chunk chunk = chunks.get(i);
                // It asks the system to read ahead, then touches each page.
                if (chunk.from.isMapped()) {
                    chunk.from.load();
                }
                if (chunk.to != null) {
                    MemorySegment.copy(chunk.from, 0, chunk.to, 0, chunk.from.byteSize());
                }
                report(chunk.from.byteSize());
            }
        } catch (Throwable thrown) {
            failure.compareAndSet(null, thrown);
        }
    }

    private synchronized void report(long bytes) {
        if (listener.isCancelled()) {
            throw new CancellationException("loading was cancelled");
        }
        loaded += bytes;
        listener.onProgress(loaded, total);
    }

    /** Waits until everything is in memory. */
    void await() {
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                close();
                Thread.currentThread().interrupt();
                throw new EngineException(location + ": loading was interrupted", e);
            }
        }
        switch (failure.get()) {
            case null -> {
            }
            case RuntimeException e -> throw e;
            // So the JVM says that a page of a mapped file cannot be read: the disk fails, or the file has become shorter.
            case InternalError e -> throw unreadable(location, e);
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    /** What a fault in mapped memory means. */
    static EngineException unreadable(String location, InternalError fault) {
        return new EngineException(location + ": the file cannot be read to its end", fault);
    }

    /** Stops reading and waits until no thread touches the file any more. */
    @Override
    public void close() {
        failure.compareAndSet(null, new CancellationException("loading was given up"));
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
