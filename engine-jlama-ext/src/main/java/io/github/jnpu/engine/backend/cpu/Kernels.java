package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.KvCacheType;

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

    /** Whether {@link #prepare} takes tensors of this type. */
    boolean supports(ModelTensor weight);

    /** {@code output = input / sqrt(mean(input^2) + epsilon) * gain}; the ranges may be the same. */
    void rmsNorm(float[] input, int inputOffset, float[] gain, float epsilon, float[] output, int outputOffset);

    /** {@code output = activation(gate) * up}, for indexes from {@code from} to {@code to - 1}. */
    void gate(Activation activation, float[] gate, float[] up, float[] output, int from, int to);

    /** {@code output = left + right}, for indexes from {@code from} to {@code to - 1}. */
    void add(float[] left, float[] right, float[] output, int from, int to);

    /** Writes floats to a cache page in its number format. */
    void store(float[] source, int offset, int width, MemorySegment page, long byteOffset, KvCacheType type);

    /**
     * Attention scores: {@code scores[i] = scale * dot(query, keys[i])}.
     *
     * @param width
     *            of a head; key i begins {@code i * width} features after {@code byteOffset}
     */
    void scores(float[] query, int queryOffset, int width, MemorySegment keys, long byteOffset, int count,
            KvCacheType type,
            float scale, float[] scores, int scoresOffset);

    /**
     * Adds {@code sum(weights[i] * values[i])} to {@code output}.
     *
     * @param width
     *            of a head; value i begins {@code i * width} features after {@code byteOffset}
     */
    void addWeighted(float[] weights, int weightsOffset, int count, MemorySegment values, long byteOffset, int width,
            KvCacheType type, float[] output, int outputOffset);

    /** {@code values = softmax(values)}, in place. */
    void softmax(float[] values, int offset, int count);
}
