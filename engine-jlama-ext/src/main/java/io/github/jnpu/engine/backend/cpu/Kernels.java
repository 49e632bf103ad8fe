package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.model.ModelTensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The arithmetic of a CPU backend. Matrices are rows of floats in plain arrays; offsets and widths count floats unless they
 * say bytes. Thread-safe; nothing here allocates but {@link #prepare}.
 */
public interface Kernels {

    /**
     * A weight matrix in the form that this backend multiplies fastest.
     *
     * @param arena
     *            where repacked weights go; it lives as long as the matrix is used
     * @throws io.github.jnpu.engine.backend.BackendException
     *             if its type cannot be computed with
     */
    WeightMatrix prepare(ModelTensor weight, Arena arena);

    /**
     * As {@link #prepare}, but laid out anew for faster products where these kernels have a layout for the type: a copy, which
     * {@link WeightMatrix#load} fills. It needs a {@link WeightMatrix#place} first.
     */
    default WeightMatrix repack(ModelTensor weight, Arena arena) {
        return prepare(weight, arena);
    }

    /** Names the layout that {@link #repack} gives, with all it depends on; another layout has another name. */
    default String layout() {
        return "";
    }

    /** How many bytes {@link #pack} needs for so many tokens; none if products read plain rows. */
    default long panelBytes(int tokens, int columns) {
        return 0;
    }

    /**
     * Rearranges a batch for {@link WeightMatrix#multiply}, in the columns from {@code fromColumn} to {@code toColumn - 1}. Workers
     * share the columns, and the products of one input share the panels.
     *
     * @param input
     *            {@code tokens} rows of {@code columns} floats
     * @param panels
     *            native memory, aligned to 64 bytes, of at least {@link #panelBytes} bytes
     */
    default void pack(float[] input, int tokens, int columns, MemorySegment panels, int fromColumn, int toColumn) {}

    /** Whether {@link #prepare} takes tensors of this type. */
    boolean supports(ModelTensor weight);

    /** {@code output = input / sqrt(mean(input^2) + epsilon) * gain}; the ranges may be the same. */
    void rmsNorm(float[] input, int inputOffset, float[] gain, float epsilon, float[] output, int outputOffset);

    /**
     * {@code output = (input - mean(input)) / sqrt(variance(input) + epsilon) * gain + bias}, as long as the gain; the ranges may be
     * the same.
     */
    void layerNorm(float[] input, int inputOffset, float[] gain, float[] bias, float epsilon, float[] output,
            int outputOffset);

    /** {@code output = activation(input)}, for indexes from {@code from} to {@code to - 1}; the arrays may be the same. */
    void activate(Activation activation, float[] input, float[] output, int from, int to);

    /** {@code output = activation(gate) * up}, for indexes from {@code from} to {@code to - 1}. */
    void gate(Activation activation, float[] gate, float[] up, float[] output, int from, int to);

    /** {@code output = left + right}, for indexes from {@code from} to {@code to - 1}. */
    void add(float[] left, float[] right, float[] output, int from, int to);

    /** The part that works on the KV cache. */
    AttentionKernels attention();
}
