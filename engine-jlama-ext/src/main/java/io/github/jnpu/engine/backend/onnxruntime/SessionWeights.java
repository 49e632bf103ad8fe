package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.onnx.Initializer;
import io.github.jnpu.convert.onnx.Initializer.Computed;
import io.github.jnpu.convert.onnx.Initializer.Stored;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.PackListener;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;
import io.github.jnpu.engine.backend.onnxruntime.capi.SessionOptions;
import io.github.jnpu.engine.backend.onnxruntime.capi.Value;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The constants of a session. The library neither copies them nor says which it still reads after it has packed weights, so those
 * that it may have packed lie in memory that can be given back before the session ends.
 */
final class SessionWeights implements AutoCloseable {
    private static final byte NOT_A_WEIGHT = 0x5a;
    private static final long WRITE_BYTES = 64 << 20;

    private record Filled(Computed content, MemorySegment target) {}

    private final Arena kept = Arena.ofShared();
    private final Arena packable = Arena.ofShared();
    private final List<Filled> computed = new ArrayList<>();
    private final List<Filled> computedPackable = new ArrayList<>();
    private final List<Value> tensors = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final List<MemorySegment> memories = new ArrayList<>();
    private final int threads;

    /** Works all of them out; this takes about as long as reading them. */
    SessionWeights(OnnxModel model, int threads, PackListener listener) {
        this.threads = threads;
        try {
            for (Initializer initializer : model.initializers()) {
                MemorySegment memory = switch (initializer.content()) {
                    case Stored(MemorySegment data) -> data;
                    case Computed content -> {
                        MemorySegment target = allocate(initializer);
                        (initializer.packable() ? computedPackable : computed).add(new Filled(content, target));
                        yield target;
                    }
                };
                memories.add(memory);
                names.add(initializer.name());
                tensors.add(Value.over(initializer.type(), memory, initializer.dims()));
            }
            List<Filled> all = new ArrayList<>(computed);
            all.addAll(computedPackable);
            fill(all, listener);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private MemorySegment allocate(Initializer initializer) {
        try {
            return MemoryAdvice.allocate(initializer.packable() ? packable : kept, initializer.byteSize());
        } catch (OutOfMemoryError e) {
            throw new BackendException("no memory for the weights: '%s' takes %d bytes".formatted(initializer.name(),
                    initializer.byteSize()), e);
        }
    }

    private void fill(List<Filled> contents, PackListener listener) {
        long total = contents.stream().mapToLong(filled -> filled.target().byteSize()).sum();
        long[] done = new long[1];
        ExecutorService executor = Executors.newFixedThreadPool(threads,
                Thread.ofPlatform().daemon().name("jnpu-onnx-", 0)
                        .factory());
        try {
            List<Future<?>> tasks = new ArrayList<>();
            // The largest first, so that none is left over for one thread at the end.
            contents.stream().sorted(Comparator.comparingLong((Filled filled) -> -filled.target().byteSize()))
                    .forEach(filled -> tasks.add(executor.submit(() -> {
                        filled.content().fill(filled.target());
                        synchronized (done) {
                            done[0] += filled.target().byteSize();
                            listener.onProgress(done[0], total);
                        }
                    })));
            for (Future<?> task : tasks) {
                task.get();
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                default -> throw new BackendException("weights cannot be laid out: " + e.getCause(), e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackendException("interrupted while weights were laid out", e);
        } finally {
            executor.shutdownNow();
            // Nothing may write to memory that is about to be freed.
            executor.close();
        }
    }

    void addTo(SessionOptions options) {
        for (int i = 0; i < tensors.size(); i++) {
            options.initializer(names.get(i), tensors.get(i));
        }
    }

    /**
     * Writes all of them to the file that the model names, one after the other: providers other than the CPU's read constants from there, whatever
     * the session was handed.
     */
    void writeTo(FileChannel file) throws IOException {
        for (MemorySegment memory : memories) {
            for (long at = 0; at < memory.byteSize(); at += WRITE_BYTES) {
                ByteBuffer part = memory.asSlice(at, Math.min(WRITE_BYTES, memory.byteSize() - at)).asByteBuffer();
                while (part.hasRemaining()) {
                    file.write(part);
                }
            }
        }
    }

    /** Whether there is memory that could be given back. */
    boolean hasPackable() {
        return !computedPackable.isEmpty();
    }

    /** Destroys what may have been packed, so that a run shows whether it is still read. */
    void overwritePackable() {
        computedPackable.forEach(filled -> filled.target().fill(NOT_A_WEIGHT));
    }

    /** Works it out again. */
    void refillPackable() {
        fill(computedPackable, PackListener.NONE);
    }

    /** Gives its memory back; only if nobody reads it. */
    void freePackable() {
        computedPackable.clear();
        packable.close();
    }

    /** After the session. */
    @Override
    public void close() {
        tensors.forEach(Value::close);
        if (packable.scope().isAlive()) {
            packable.close();
        }
        kept.close();
    }
}
