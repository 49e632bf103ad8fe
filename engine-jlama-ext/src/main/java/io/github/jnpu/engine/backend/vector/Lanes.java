package io.github.jnpu.engine.backend.vector;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** The vector shapes that all kernels use: the machine's preferred one, or what {@code jnpu.vector.bits} says. */
final class Lanes {
    /** 512, 256 or 128; for tests and for measuring. */
    static final String BITS_PROPERTY = "jnpu.vector.bits";

    static final VectorSpecies<Float> FLOAT = FloatVector.SPECIES_PREFERRED.withShape(shape());
    static final VectorSpecies<Integer> INT = IntVector.SPECIES_PREFERRED.withShape(shape());
    /** As many shorts as there are floats. */
    static final VectorSpecies<Short> SHORT = ShortVector.SPECIES_PREFERRED
            .withShape(VectorShape.forBitSize(shape().vectorBitSize() / 2));
    /** As many bits as the floats: twice as many lanes. */
    static final VectorSpecies<Short> WIDE_SHORT = ShortVector.SPECIES_PREFERRED.withShape(shape());
    /** As many bytes as there are floats, but no fewer than eight, the smallest vector there is. */
    static final VectorSpecies<Byte> BYTE = ByteVector.SPECIES_PREFERRED
            .withShape(VectorShape.forBitSize(Math.max(64, shape().vectorBitSize() / 4)));

    private static final VectorShuffle<Float> BY_EIGHT = rotation(8);
    private static final VectorShuffle<Float> BY_FOUR = rotation(4);
    private static final VectorShuffle<Float> BY_TWO = rotation(2);
    private static final VectorShuffle<Float> BY_ONE = rotation(1);

    private Lanes() {}

    /**
     * The sum of all lanes in an order that is always the same. {@code reduceLanes} leaves the order open, and compiled code
     * indeed adds in another one than the interpreter, so that a text could change while the JVM warms up.
     *
     * <p>The one method that takes a vector. C2 inlines it in small kernels; large ones use {@link #sum(float[], int)}, and a test
     * counts allocations.
     */
    static float sum(FloatVector vector) {
        FloatVector sum = vector;
        if (FLOAT.length() >= 16) {
            sum = sum.add(sum.rearrange(BY_EIGHT));
        }
        if (FLOAT.length() >= 8) {
            sum = sum.add(sum.rearrange(BY_FOUR));
        }
        sum = sum.add(sum.rearrange(BY_TWO));
        return sum.add(sum.rearrange(BY_ONE)).lane(0);
    }

    /** The sum of a stored vector, in the same order. */
    static float sum(float[] lanes, int at) {
        return switch (FLOAT.length()) {
            case 16 -> lanes[at] + lanes[at + 8] + (lanes[at + 4] + lanes[at + 12])
                    + (lanes[at + 2] + lanes[at + 10] + (lanes[at + 6] + lanes[at + 14]))
                    + (lanes[at + 1] + lanes[at + 9] + (lanes[at + 5] + lanes[at + 13])
                            + (lanes[at + 3] + lanes[at + 11] + (lanes[at + 7] + lanes[at + 15])));
            case 8 -> lanes[at] + lanes[at + 4] + (lanes[at + 2] + lanes[at + 6])
                    + (lanes[at + 1] + lanes[at + 5] + (lanes[at + 3] + lanes[at + 7]));
            default -> lanes[at] + lanes[at + 2] + (lanes[at + 1] + lanes[at + 3]);
        };
    }

    private static VectorShuffle<Float> rotation(int by) {
        return VectorShuffle.fromOp(FLOAT, lane -> (lane + by) % FLOAT.length());
    }

    /**
     * Whether there are rotations and ternary logic: with AVX-512, for vectors of any width. The preferred width tells: HotSpot prefers 512 bits where it
     * uses AVX-512 at all.
     */
    static final boolean ROTATES = FloatVector.SPECIES_PREFERRED.vectorBitSize() >= 512;

    private static VectorShape shape() {
        Integer bits = Integer.getInteger(BITS_PROPERTY);
        if (bits == null) {
            // Wider than 512 exists on SVE only, and no kernel here was tried with it.
            return VectorShape.forBitSize(Math.min(512, FloatVector.SPECIES_PREFERRED.vectorBitSize()));
        }
        if (bits != 128 && bits != 256 && bits != 512) {
            throw new IllegalArgumentException(
                    "%s is 128, 256 or 512, not %d".formatted(BITS_PROPERTY, bits));
        }
        return VectorShape.forBitSize(bits);
    }
}
