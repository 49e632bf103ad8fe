package io.github.jnpu.engine.backend.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.onnx.ElementType;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/**
 * Keys and values of one sequence: two tensors [1, key-value heads, positions, head width] for each layer, F32. Each is what goes into
 * a run as past and what comes out of it as present, so that nothing is copied for a token. They double when they are full:
 * a long context costs nothing until it is used.
 */
final class KeyValueTensors implements AutoCloseable {
    /** The first capacity; larger ones are this times a power of two, as far as the sequence's own capacity does not end them. */
    private static final int FIRST_POSITIONS = 512;
    /** A cache line of floats. */
    private static final int ROUNDING = 16;

    /** One of them, in memory of its own so that it can be replaced by itself. */
    private record Cache(Arena arena, MemorySegment memory, OnnxTensor tensor) {
        private static Cache of(int heads, int positions, int width) {
            Arena arena = Arena.ofShared();
            try {
                MemorySegment memory = MemoryAdvice.allocate(arena,
                        Math.multiplyExact((long) heads * width * Float.BYTES, positions));
                return new Cache(arena, memory, NativeTensor.of(ElementType.FLOAT, memory, 1, heads, positions, width));
            } catch (RuntimeException | Error e) {
                arena.close();
                throw e;
            }
        }

        private void close() {
            tensor.close();
            arena.close();
        }
    }

    private final int heads;
    private final int width;
    private final int capacity;
    private final String[] pastNames;
    private final String[] presentNames;
    private final Cache[] caches;
    private int positions;

    KeyValueTensors(ModelConfig config, int capacity) {
        this.heads = config.keyValueHeads();
        this.width = config.keyLength();
        this.capacity = capacity;
        this.caches = new Cache[2 * config.layers()];
        this.pastNames = new String[caches.length];
        this.presentNames = new String[caches.length];
        for (int layer = 0; layer < config.layers(); layer++) {
            pastNames[2 * layer] = OnnxModel.pastKey(layer);
            pastNames[2 * layer + 1] = OnnxModel.pastValue(layer);
            presentNames[2 * layer] = OnnxModel.presentKey(layer);
            presentNames[2 * layer + 1] = OnnxModel.presentValue(layer);
        }
    }

    /** How many positions memory is taken for when a sequence of some capacity holds some tokens. */
    static long roundedCapacity(int length, int capacity) {
        long positions = FIRST_POSITIONS;
        while (positions < length) {
            positions *= 2;
        }
        return Math.min(positions, Math.ceilDiv(capacity, ROUNDING) * (long) ROUNDING);
    }

    /** Makes sure that there is room for every position below {@code length}; {@code used} of them are kept. */
    void reserve(int length, int used) {
        if (length <= positions) {
            return;
        }
        int wanted = Math.toIntExact(roundedCapacity(length, capacity));
        Cache[] grown = new Cache[caches.length];
        try {
            for (int i = 0; i < caches.length; i++) {
                grown[i] = Cache.of(heads, wanted, width);
            }
        } catch (OutOfMemoryError e) {
            close(grown);
            throw new BackendException(
                    "no memory for the KV cache beyond %d tokens; use a shorter context (num_ctx)".formatted(positions),
                    e);
        }
        for (int i = 0; i < caches.length && positions > 0; i++) {
            copy(caches[i].memory(), positions, grown[i].memory(), wanted, used);
        }
        close(caches);
        System.arraycopy(grown, 0, caches, 0, caches.length);
        positions = wanted;
    }

    private void copy(MemorySegment from, int fromPositions, MemorySegment to, int toPositions, int used) {
        long rowBytes = (long) width * Float.BYTES;
        for (int head = 0; head < heads; head++) {
            MemorySegment.copy(from, head * fromPositions * rowBytes, to, head * toPositions * rowBytes,
                    used * rowBytes);
        }
    }

    /** Copies positions of a layer out: [positions][heads][width]. */
    void read(int layer, int from, int count, float[] keys, float[] values) {
        read(caches[2 * layer].memory(), from, count, keys);
        read(caches[2 * layer + 1].memory(), from, count, values);
    }

    private void read(MemorySegment memory, int from, int count, float[] rows) {
        for (int head = 0; head < heads; head++) {
            for (int i = 0; i < count; i++) {
                MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, offset(head, from + i), rows,
                        (i * heads + head) * width, width);
            }
        }
    }

    /** Writes positions of a layer, for which there is room; as {@link #read} gives them. */
    void write(int layer, int from, int count, float[] keys, float[] values) {
        write(caches[2 * layer].memory(), from, count, keys);
        write(caches[2 * layer + 1].memory(), from, count, values);
    }

    private void write(MemorySegment memory, int from, int count, float[] rows) {
        for (int head = 0; head < heads; head++) {
            for (int i = 0; i < count; i++) {
                MemorySegment.copy(rows, (i * heads + head) * width, memory, ValueLayout.JAVA_FLOAT,
                        offset(head, from + i), width);
            }
        }
    }

    private long offset(int head, int position) {
        return ((long) head * positions + position) * width * Float.BYTES;
    }

    /** Names them as a run's inputs and outputs. */
    void bind(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {
        for (int i = 0; i < caches.length; i++) {
            inputs.put(pastNames[i], caches[i].tensor());
            outputs.put(presentNames[i], caches[i].tensor());
        }
    }

    @Override
    public void close() {
        close(caches);
    }

    private static void close(Cache[] caches) {
        for (int i = 0; i < caches.length; i++) {
            if (caches[i] != null) {
                caches[i].close();
                caches[i] = null;
            }
        }
    }
}
