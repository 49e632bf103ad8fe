package io.github.jnpu.benchmarks;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.engine.backend.cpu.Kernels;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

import java.util.SplittableRandom;

/** The kernels between the products, on one token's row. */
@State(Scope.Thread)
public class ElementwiseBenchmark extends KernelBenchmark {
    /** Of a row: 2048 is the residual stream of a model of a billion parameters, 8192 its feed-forward layer. */
    @Param({"2048", "8192"})
    public int width;

    private Kernels kernels;
    private float[] left;
    private float[] right;
    private float[] output;

    @Setup
    public void prepare() {
        kernels = VectorWidth.kernels(bits);
        SplittableRandom random = new SplittableRandom(1);
        left = Weights.gaussian(random, width, 1);
        right = Weights.gaussian(random, width, 1);
        output = new float[width];
    }

    @Benchmark
    public float[] rmsNorm(Elements elements) {
        kernels.rmsNorm(left, 0, right, 1e-5f, output, 0);
        elements.floats += width;
        return output;
    }

    @Benchmark
    public float[] siluGate(Elements elements) {
        kernels.gate(Activation.SILU, left, right, output, 0, width);
        elements.floats += width;
        return output;
    }

    @Benchmark
    public float[] geluGate(Elements elements) {
        kernels.gate(Activation.GELU, left, right, output, 0, width);
        elements.floats += width;
        return output;
    }

    @Benchmark
    public float[] add(Elements elements) {
        kernels.add(left, right, output, 0, width);
        elements.floats += width;
        return output;
    }
}
