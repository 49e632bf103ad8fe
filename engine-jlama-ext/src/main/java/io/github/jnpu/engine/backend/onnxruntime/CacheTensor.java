package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.onnx.ElementType;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;
import io.github.jnpu.engine.backend.onnxruntime.capi.Allocator;
import io.github.jnpu.engine.backend.onnxruntime.capi.Environment;
import io.github.jnpu.engine.backend.onnxruntime.capi.Value;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Keys or values of one layer: [1, heads, positions, width], F32, in our memory or in a device's. On a device, positions that no run has written may hold
 * anything, numbers that are none among them.
 */
final class CacheTensor implements AutoCloseable {
    private final int heads;
    private final int positions;
    private final int width;
    private final Arena arena;
    /** Empty on a device. */
    private final Optional<MemorySegment> memory;
    private final Value value;

    private CacheTensor(int heads, int positions, int width, Arena arena, Optional<MemorySegment> memory, Value value) {
        this.heads = heads;
        this.positions = positions;
        this.width = width;
        this.arena = arena;
        this.memory = memory;
        this.value = value;
    }

    /**
     * In our memory.
     *
     * @throws OutOfMemoryError
     *             if there is none
     */
    static CacheTensor onHost(int heads, int positions, int width) {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment memory = MemoryAdvice.allocate(arena, byteSize(heads, positions, width));
            return new CacheTensor(heads, positions, width, arena, Optional.of(memory),
                    Value.over(ElementType.FLOAT, memory, 1, heads, positions, width));
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /** In a device's memory. */
    static CacheTensor onDevice(Allocator allocator, int heads, int positions, int width) {
        return new CacheTensor(heads, positions, width, Arena.ofShared(), Optional.empty(),
                Value.allocate(allocator, ElementType.FLOAT, 1, heads, positions, width));
    }

    private static long byteSize(int heads, int positions, int width) {
        return Math.multiplyExact((long) heads * width * Float.BYTES, positions);
    }

    Value value() {
        return value;
    }

    /** Gives what it holds to be read. A device's is copied for that, as a whole: its memory has no addresses. */
    private void read(Consumer<MemorySegment> reader) {
        if (memory.isPresent()) {
            reader.accept(memory.get());
            return;
        }
        try (Arena copies = Arena.ofConfined()) {
            MemorySegment copy = copies.allocate(byteSize(heads, positions, width), Long.BYTES);
            try (Value host = Value.over(ElementType.FLOAT, copy, 1, heads, positions, width)) {
                Environment.shared().copy(value, host);
            }
            reader.accept(copy);
        }
    }

    /** Lets it be changed; what the device has is read before and written after. */
    private void change(boolean keeps, Consumer<MemorySegment> writer) {
        if (memory.isPresent()) {
            writer.accept(memory.get());
            return;
        }
        try (Arena copies = Arena.ofConfined()) {
            MemorySegment copy = copies.allocate(byteSize(heads, positions, width), Long.BYTES);
            try (Value host = Value.over(ElementType.FLOAT, copy, 1, heads, positions, width)) {
                if (keeps) {
                    Environment.shared().copy(value, host);
                }
                writer.accept(copy);
                Environment.shared().copy(host, value);
            }
        }
    }

    /** Copies the first positions into a larger one, whose other positions are zero then. */
    void copyTo(CacheTensor larger, int count) {
        long rowBytes = (long) width * Float.BYTES;
        read(from -> larger.change(false, to -> {
            for (int head = 0; head < heads; head++) {
                MemorySegment.copy(from, head * positions * rowBytes, to, head * larger.positions * rowBytes,
                        count * rowBytes);
            }
        }));
    }

    /** Copies positions out, as [positions][heads][width]. */
    void read(int from, int count, float[] target) {
        read(source -> {
            for (int position = 0; position < count; position++) {
                for (int head = 0; head < heads; head++) {
                    MemorySegment.copy(source, ValueLayout.JAVA_FLOAT, offset(head, from + position), target,
                            (position * heads + head) * width, width);
                }
            }
        });
    }

    /** Writes positions; the others stay. */
    void write(int from, int count, float[] source) {
        change(true, target -> {
            for (int position = 0; position < count; position++) {
                for (int head = 0; head < heads; head++) {
                    MemorySegment.copy(source, (position * heads + head) * width, target, ValueLayout.JAVA_FLOAT,
                            offset(head, from + position), width);
                }
            }
        });
    }

    private long offset(int head, int position) {
        return ((long) head * positions + position) * width * Float.BYTES;
    }

    @Override
    public void close() {
        value.close();
        arena.close();
    }
}
