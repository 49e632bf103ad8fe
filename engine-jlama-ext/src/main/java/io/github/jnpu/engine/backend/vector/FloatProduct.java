package io.github.jnpu.engine.backend.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Products of two ranges of floats. */
final class FloatProduct {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;

    private FloatProduct() {}

    /** The product of two ranges. */
    static float dot(float[] a, int aOffset, float[] b, int bOffset, int count) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int i = 0;
        for (; i + 4 * F.length() <= count; i += 4 * F.length()) {
            s0 = FloatVector.fromArray(F, a, aOffset + i).fma(FloatVector.fromArray(F, b, bOffset + i), s0);
            s1 = FloatVector.fromArray(F, a, aOffset + i + F.length())
                    .fma(FloatVector.fromArray(F, b, bOffset + i + F.length()), s1);
            s2 = FloatVector.fromArray(F, a, aOffset + i + 2 * F.length())
                    .fma(FloatVector.fromArray(F, b, bOffset + i + 2 * F.length()), s2);
            s3 = FloatVector.fromArray(F, a, aOffset + i + 3 * F.length())
                    .fma(FloatVector.fromArray(F, b, bOffset + i + 3 * F.length()), s3);
        }
        for (; i + F.length() <= count; i += F.length()) {
            s0 = FloatVector.fromArray(F, a, aOffset + i).fma(FloatVector.fromArray(F, b, bOffset + i), s0);
        }
        float sum = Lanes.sum(s0.add(s1).add(s2.add(s3)));
        for (; i < count; i++) {
            sum += a[aOffset + i] * b[bOffset + i];
        }
        return sum;
    }
}
