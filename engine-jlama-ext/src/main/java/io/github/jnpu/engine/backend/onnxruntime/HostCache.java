package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.Operation;
import io.github.jnpu.convert.graph.Operation.Attention;
import io.github.jnpu.convert.onnx.ElementType;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;
import io.github.jnpu.engine.backend.onnxruntime.capi.Value;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Keys and values of one sequence for graphs that read a cache and give back the new tokens' only: for each layer two tensors
 * [1, key-value heads, positions, width] of floats in the JVM's reach, zero where nothing was written. Places are positions. It doubles when it is full,
 * unless its size stands in the graph.
 */
final class HostCache implements AutoCloseable {
    private static final int FIRST_POSITIONS = 128;

    /** The keys or the values of a layer: what they are called, and how wide a head is. */
    private record Kind(String past, String present, int heads, int width) {}

    private final List<Kind> kinds;
    private final int capacity;
    private final Value[] tensors;
    private final MemorySegment[] memories;
    private Arena arena;
    private int positions;

    /**
     * @param capacity
     *            the most that it will hold
     * @param fixed
     *            whether it holds that from the start
     */
    HostCache(DecoderGraph graph, int capacity, boolean fixed) {
        this.kinds = kinds(graph);
        this.capacity = capacity;
        this.tensors = new Value[kinds.size()];
        this.memories = new MemorySegment[kinds.size()];
        if (fixed) {
            resize(capacity, 0);
        }
    }

    private static List<Kind> kinds(DecoderGraph graph) {
        List<Kind> kinds = new ArrayList<>();
        for (Operation operation : graph.operations()) {
            if (operation instanceof Attention attention) {
                int layer = attention.layer();
                kinds.add(new Kind(OnnxModel.pastKey(layer), OnnxModel.presentKey(layer), attention.keyValueHeads(),
                        attention.keyWidth()));
                kinds.add(new Kind(OnnxModel.pastValue(layer), OnnxModel.presentValue(layer),
                        attention.keyValueHeads(), attention.valueWidth()));
            }
        }
        return kinds;
    }

    /** For how many positions there is room: what the tensors have. */
    int positions() {
        return positions;
    }

    /** Makes room for every position below {@code length}; {@code used} of them are kept. */
    void reserve(int length, int used) {
        if (length <= positions) {
            return;
        }
        int wanted = FIRST_POSITIONS;
        while (wanted < length) {
            wanted *= 2;
        }
        resize(Math.min(wanted, capacity), used);
    }

    /** If there is no memory, all stays as it was. */
    private void resize(int wanted, int used) {
        Arena grown = Arena.ofShared();
        Value[] grownTensors = new Value[tensors.length];
        MemorySegment[] grownMemories = new MemorySegment[memories.length];
        try {
            for (int i = 0; i < memories.length; i++) {
                Kind kind = kinds.get(i);
                long rowBytes = (long) kind.width() * Float.BYTES;
                grownMemories[i] = MemoryAdvice.allocate(grown, Math.multiplyExact(kind.heads() * rowBytes, wanted));
                for (int head = 0; head < kind.heads() && used > 0; head++) {
                    MemorySegment.copy(memories[i], head * positions * rowBytes, grownMemories[i],
                            head * wanted * rowBytes, used * rowBytes);
                }
                grownTensors[i] = Value.over(ElementType.FLOAT, grownMemories[i], 1, kind.heads(), wanted,
                        kind.width());
            }
        } catch (OutOfMemoryError e) {
            close(grownTensors, grown);
            throw new BackendException(
                    "no memory for the KV cache beyond %d tokens; use a shorter context (num_ctx)".formatted(positions),
                    e);
        } catch (RuntimeException | Error e) {
            close(grownTensors, grown);
            throw e;
        }
        close();
        System.arraycopy(grownTensors, 0, tensors, 0, tensors.length);
        System.arraycopy(grownMemories, 0, memories, 0, memories.length);
        arena = grown;
        positions = wanted;
    }

    /** Names the tensors as a run's inputs. */
    void bind(Map<String, Value> inputs) {
        for (int i = 0; i < tensors.length; i++) {
            inputs.put(kinds.get(i).past(), tensors[i]);
        }
    }

    /** Tensors and memory for what a run of some tokens gives back, named as its outputs. */
    static void bindNew(DecoderGraph graph, int tokens, Arena arena, Map<String, Value> outputs,
            Map<String, MemorySegment> memories) {
        for (Kind kind : kinds(graph)) {
            MemorySegment memory = arena.allocate((long) kind.heads() * tokens * kind.width() * Float.BYTES, 64);
            memories.put(kind.present(), memory);
            outputs.put(kind.present(),
                    Value.over(ElementType.FLOAT, memory, 1, kind.heads(), tokens, kind.width()));
        }
    }

    /** Takes the first {@code count} of {@code tokens} rows over that a run has given for positions from {@code from} on. */
    void take(Map<String, MemorySegment> given, int tokens, int from, int count) {
        for (int i = 0; i < memories.length; i++) {
            Kind kind = kinds.get(i);
            long rowBytes = (long) kind.width() * Float.BYTES;
            for (int head = 0; head < kind.heads(); head++) {
                MemorySegment.copy(given.get(kind.present()), head * tokens * rowBytes, memories[i],
                        ((long) head * positions + from) * rowBytes, count * rowBytes);
            }
        }
    }

    /** Copies keys, {@code kind} 0, or values, 1, of a layer to [positions][heads][width]. */
    void read(int layer, int kind, int from, int count, float[] target) {
        int heads = kinds.get(2 * layer + kind).heads();
        int width = kinds.get(2 * layer + kind).width();
        for (int i = 0; i < count * heads; i++) {
            MemorySegment.copy(memories[2 * layer + kind], ValueLayout.JAVA_FLOAT,
                    place(i % heads, from + i / heads, width), target, i * width, width);
        }
    }

    /** The reverse of {@link #read}. */
    void write(int layer, int kind, int from, int count, float[] source) {
        int heads = kinds.get(2 * layer + kind).heads();
        int width = kinds.get(2 * layer + kind).width();
        for (int i = 0; i < count * heads; i++) {
            MemorySegment.copy(source, i * width, memories[2 * layer + kind], ValueLayout.JAVA_FLOAT,
                    place(i % heads, from + i / heads, width), width);
        }
    }

    private long place(int head, int position, int width) {
        return ((long) head * positions + position) * width * Float.BYTES;
    }

    @Override
    public void close() {
        if (arena != null) {
            close(tensors, arena);
            arena = null;
        }
        positions = 0;
    }

    private static void close(Value[] tensors, Arena arena) {
        for (Value tensor : tensors) {
            if (tensor != null) {
                tensor.close();
            }
        }
        arena.close();
    }
}
