package io.github.jnpu.benchmarks;

import io.github.jnpu.convert.tensor.TensorType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.util.SplittableRandom;

/** A matrix times many tokens: {@code mac} counts. */
@State(Scope.Thread)
public class PrefillBenchmark extends KernelBenchmark {
    @Param({"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "MXFP4", "Q4_K", "Q5_K", "Q6_K"})
    public TensorType type;

    @Param("2048")
    public int columns;

    @Param({"32", "128"})
    public int tokens;

    /** How many MiB are cycled through; a matrix of a model of a billion parameters has some ten. */
    @Param("16")
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
        input = Weights.gaussian(new SplittableRandom(2), columns * tokens, 1);
        output = new float[weights.rows() * tokens];
    }

    @Benchmark
    public float[] prefill(Work work) {
        weights.multiply(input, tokens, output, work);
        return output;
    }

    @TearDown
    public void close() {
        weights.close();
    }
}
