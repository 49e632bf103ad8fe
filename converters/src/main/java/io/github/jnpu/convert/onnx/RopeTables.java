package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.graph.RopeFrequencies;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Cosines and sines of all positions, float [positions, pairs]: one pair of tables for all layers that turn alike. */
final class RopeTables {
    private final GraphProto graph;
    private final int positions;
    private final List<RopeFrequencies> known = new ArrayList<>();

    RopeTables(GraphProto graph, int positions) {
        this.graph = graph;
        this.positions = positions;
    }

    String cosines(RopeFrequencies frequencies) {
        return table("cos_cache", frequencies, frequencies::cosine);
    }

    String sines(RopeFrequencies frequencies) {
        return table("sin_cache", frequencies, frequencies::sine);
    }

    @FunctionalInterface
    private interface Factor {
        float of(int position, int pair);
    }

    private String table(String name, RopeFrequencies frequencies, Factor factor) {
        if (!known.contains(frequencies)) {
            known.add(frequencies);
        }
        int number = known.indexOf(frequencies);
        int pairs = frequencies.inverse().length;
        return graph.initializer(new Initializer(number == 0 ? name : name + "." + number, ElementType.FLOAT,
                new long[]{positions, pairs}, (Initializer.Computed) target -> fill(target, pairs, factor), false));
    }

    private void fill(MemorySegment target, int pairs, Factor factor) {
        for (int position = 0; position < positions; position++) {
            for (int i = 0; i < pairs; i++) {
                target.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) position * pairs + i,
                        factor.of(position, i));
            }
        }
    }
}
