package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.graph.RopeFrequencies;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

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
        return table("cos_cache", frequencies, Math::cos);
    }

    String sines(RopeFrequencies frequencies) {
        return table("sin_cache", frequencies, Math::sin);
    }

    private String table(String name, RopeFrequencies frequencies, DoubleUnaryOperator function) {
        if (!known.contains(frequencies)) {
            known.add(frequencies);
        }
        int number = known.indexOf(frequencies);
        int pairs = frequencies.inverse().length;
        return graph.initializer(new Initializer(number == 0 ? name : name + "." + number, ElementType.FLOAT,
                new long[]{positions, pairs}, (Initializer.Computed) target -> fill(target, frequencies, function),
                false));
    }

    private void fill(MemorySegment target, RopeFrequencies frequencies, DoubleUnaryOperator function) {
        float[] inverse = frequencies.inverse();
        for (int position = 0; position < positions; position++) {
            for (int i = 0; i < inverse.length; i++) {
                // In double: at position 100,000 a float angle is off by a hundredth of a radian.
                float value = (float) function.applyAsDouble((double) position * inverse[i]) * frequencies.magnitude();
                target.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) position * inverse.length + i, value);
            }
        }
    }
}
