package io.github.jnpu.benchmarks;

import io.github.jnpu.convert.tensor.TensorType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.util.SplittableRandom;

/**
 * A matrix times one token: {@code bytes} is what counts where the weights come from memory, {@code mac} where they come from the
 * cache.
 */
@State(Scope.Thread)
public class DecodeBenchmark extends KernelBenchmark {
    @Param({"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "MXFP4", "Q4_K", "Q5_K", "Q6_K"})
    public TensorType type;

    @Param("2048")
    public int columns;

    /** How many MiB are cycled through: 1 stays in a second-level cache, 512 is more than caches hold. */
    @Param({"1", "512"})
    public int megabytes;

    /** Whether the weights are laid out anew, as the engine does unless it is told not to. */
    @Param("true")
    public boolean repack;

    private Weights weights;
    private float[] input;
    private float[] output;

    @Setup
    public void prepare() {
        weights = new Weights(type, columns, megabytes, bits, repack);
        input = Weights.gaussian(new SplittableRandom(2), columns, 1);
        output = new float[weights.rows()];
    }

    @Benchmark
    public float[] decode(Work work) {
        weights.multiplyOne(input, output, work);
        return output;
    }

    @TearDown
    public void close() {
        weights.close();
    }
}
