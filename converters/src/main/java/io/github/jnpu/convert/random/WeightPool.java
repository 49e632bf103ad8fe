package io.github.jnpu.convert.random;

import io.github.jnpu.convert.gguf.GgufWriter.TensorOutput;
import io.github.jnpu.convert.tensor.Quantizer;
import io.github.jnpu.convert.tensor.TensorType;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;

/**
 * Normally distributed weights of one type and spread, quantised once, from which whole tensors are dealt.
 *
 * <p>Quantising a billion floats would take minutes. Instead some two million are, and a tensor draws its blocks from
 * them at random with replacement: every block is one that the quantiser made, each value has the right distribution,
 * and two rows of a matrix share a block in the same place once in thousands.
 */
final class WeightPool {
    private static final int MAX_VALUES = 1 << 21;
    /** Types that are not quantised are dealt in runs of this many values. */
    private static final int RUN = 64;
    private static final int OUTPUT_BYTES = 1 << 18;

    private final TensorType type;
    private final int tileValues;
    private final int tileBytes;
    private final byte[] tiles;
    private final int tileCount;

    /**
     * @param largestTensor
     *            values in the largest tensor: a pool need not be larger
     */
    WeightPool(TensorType type, float deviation, long largestTensor, RandomGenerator random) {
        this.type = type;
        this.tileValues = type.isQuantized() ? type.blockSize() : RUN;
        this.tileBytes = (int) type.byteSize(tileValues);
        this.tileCount = (int) Math.max(1, Math.min(MAX_VALUES, largestTensor) / tileValues);
        this.tiles = new byte[tileCount * tileBytes];
        MemorySegment target = MemorySegment.ofArray(tiles);
        float[] values = new float[tileValues];
        for (int tile = 0; tile < tileCount; tile++) {
            for (int i = 0; i < tileValues; i++) {
                values[i] = (float) (random.nextGaussian() * deviation);
            }
            Quantizer.quantize(type, values, 0, tileValues, target, (long) tile * tileBytes);
        }
    }

    /** Writes a tensor of {@code count} values. */
    void deal(long count, RandomGenerator random, TensorOutput output) throws IOException {
        long left = type.byteSize(count);
        byte[] buffer = new byte[OUTPUT_BYTES / tileBytes * tileBytes];
        while (left > 0) {
            int length = (int) Math.min(buffer.length, left);
            for (int at = 0; at < length; at += tileBytes) {
                int tile = random.nextInt(tileCount);
                System.arraycopy(tiles, tile * tileBytes, buffer, at, Math.min(tileBytes, length - at));
            }
            output.write(buffer, 0, length);
            left -= length;
        }
    }
}
