package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.EncoderGraph;
import io.github.jnpu.convert.graph.Value;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Gives every value of a graph a buffer, sharing buffers between values that are never alive together: a model of any depth
 * needs as many as one layer.
 */
final class BufferPlan {
    private static final int UNASSIGNED = -1;

    private final int[] bufferOfValue;
    private final List<Integer> widths = new ArrayList<>();

    /** What an operation does with values. */
    private record Use(List<Value> inputs, Value output) {}

    BufferPlan(DecoderGraph graph) {
        this(graph.operations().stream().map(operation -> new Use(operation.inputs(), operation.output())).toList(),
                graph.valueCount(), graph.head().map(head -> head.output().id()).orElse(UNASSIGNED));
    }

    BufferPlan(EncoderGraph graph) {
        this(graph.operations().stream().map(operation -> new Use(operation.inputs(), operation.output())).toList(),
                graph.valueCount(), UNASSIGNED);
    }

    private BufferPlan(List<Use> operations, int valueCount, int outside) {
        bufferOfValue = new int[valueCount];
        Arrays.fill(bufferOfValue, UNASSIGNED);
        int[] lastUse = new int[valueCount];
        for (int i = 0; i < operations.size(); i++) {
            for (Value input : operations.get(i).inputs()) {
                lastUse[input.id()] = i;
            }
        }
        List<Integer> free = new ArrayList<>();
        for (int i = 0; i < operations.size(); i++) {
            Use operation = operations.get(i);
            Value output = operation.output();
            if (output.id() != outside) {
                bufferOfValue[output.id()] = take(free, output.width());
            }
            for (Value input : operation.inputs()) {
                int buffer = bufferOfValue[input.id()];
                if (lastUse[input.id()] == i && !free.contains(buffer)) {
                    free.add(buffer);
                }
            }
        }
    }

    /** The free buffer whose width fits best, widened if need be, or a new one. */
    private int take(List<Integer> free, int width) {
        Integer best = null;
        for (Integer buffer : free) {
            if (best == null || misfit(buffer, width) < misfit(best, width)) {
                best = buffer;
            }
        }
        if (best == null) {
            widths.add(width);
            return widths.size() - 1;
        }
        free.remove(best);
        widths.set(best, Math.max(widths.get(best), width));
        return best;
    }

    private int misfit(int buffer, int width) {
        return Math.abs(widths.get(buffer) - width);
    }

    /** How many floats the buffers have together, each for so many rows. */
    long floats(int rows) {
        return widths.stream().mapToLong(width -> (long) rows * width).sum();
    }

    /** The buffers, each for so many rows. */
    float[][] allocate(int rows) {
        float[][] buffers = new float[widths.size()][];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = new float[Math.multiplyExact(rows, widths.get(i))];
        }
        return buffers;
    }

    /** The buffer of a value; the logits have none, they go to the caller's array. */
    int bufferOf(Value value) {
        int buffer = bufferOfValue[value.id()];
        if (buffer == UNASSIGNED) {
            throw new IllegalArgumentException("value " + value + " has no buffer");
        }
        return buffer;
    }
}
