package io.github.jnpu.engine.backend.reference;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.cpu.AttentionKernels;
import io.github.jnpu.engine.backend.cpu.Kernels;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;

import java.lang.foreign.Arena;

/** Plain loops, written to be read. */
public final class ScalarKernels implements Kernels {
    private final AttentionKernels attention = new ScalarAttention();

    @Override
    public WeightMatrix prepare(ModelTensor weight, Arena arena) {
        return new ScalarMatrix(weight);
    }

    @Override
    public boolean supports(ModelTensor weight) {
        return Dequantizer.supports(weight.type());
    }

    @Override
    public void rmsNorm(float[] input, int inputOffset, float[] gain, float epsilon, float[] output, int outputOffset) {
        double squares = 0;
        for (int i = 0; i < gain.length; i++) {
            squares += (double) input[inputOffset + i] * input[inputOffset + i];
        }
        float scale = (float) (1 / Math.sqrt(squares / gain.length + epsilon));
        for (int i = 0; i < gain.length; i++) {
            output[outputOffset + i] = input[inputOffset + i] * scale * gain[i];
        }
    }

    @Override
    public void layerNorm(float[] input, int inputOffset, float[] gain, float[] bias, float epsilon, float[] output,
            int outputOffset) {
        double sum = 0;
        for (int i = 0; i < gain.length; i++) {
            sum += input[inputOffset + i];
        }
        double mean = sum / gain.length;
        double squares = 0;
        for (int i = 0; i < gain.length; i++) {
            squares += (input[inputOffset + i] - mean) * (input[inputOffset + i] - mean);
        }
        double scale = 1 / Math.sqrt(squares / gain.length + epsilon);
        for (int i = 0; i < gain.length; i++) {
            output[outputOffset + i] = (float) ((input[inputOffset + i] - mean) * scale * gain[i] + bias[i]);
        }
    }

    @Override
    public void activate(Activation activation, float[] input, float[] output, int from, int to) {
        for (int i = from; i < to; i++) {
            output[i] = activate(activation, input[i]);
        }
    }

    @Override
    public void gate(Activation activation, float[] gate, float[] up, float[] output, int from, int to) {
        for (int i = from; i < to; i++) {
            output[i] = activate(activation, gate[i]) * up[i];
        }
    }

    /** An activation of one number. */
    public static float activate(Activation activation, float x) {
        return switch (activation) {
            case SILU -> (float) (x / (1 + Math.exp(-x)));
            // Hendrycks and Gimpel 2016, the approximation by tanh: sqrt(2/pi) = 0.7978845608.
            case GELU -> (float) (0.5 * x * (1 + Math.tanh(0.7978845608 * (x + 0.044715 * x * x * x))));
        };
    }

    @Override
    public void add(float[] left, float[] right, float[] output, int from, int to) {
        for (int i = from; i < to; i++) {
            output[i] = left[i] + right[i];
        }
    }

    @Override
    public AttentionKernels attention() {
        return attention;
    }
}
