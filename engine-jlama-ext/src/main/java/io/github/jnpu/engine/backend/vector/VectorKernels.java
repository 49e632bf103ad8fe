package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.cpu.AttentionKernels;
import io.github.jnpu.engine.backend.cpu.Kernels;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;
import io.github.jnpu.engine.backend.reference.ScalarKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The arithmetic on the Vector API. */
final class VectorKernels implements Kernels {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final boolean MORE_THAN_128_BITS = F.length() > 4;
    private static final VectorSpecies<Integer> I = Lanes.INT;

    private final ScalarKernels scalar = new ScalarKernels();
    private final AttentionKernels attention = new VectorAttention();

    @Override
    public WeightMatrix prepare(ModelTensor weight, Arena arena) {
        return switch (weight.type()) {
            case F32 -> new Float32Matrix(weight, arena);
            case F16 -> new HalfFloatMatrix(weight, arena);
            case BF16 -> new BFloat16Matrix(weight, arena);
            case Q4_0 -> new Q40Matrix(weight, arena);
            case Q4_1 -> new Q41Matrix(weight, arena);
            case Q5_0 -> new Q50Matrix(weight, arena);
            case Q5_1 -> new Q51Matrix(weight, arena);
            case Q8_0 -> new Q80Matrix(weight, arena);
            // At 128 bits these two types' table lookups box vectors, depending on what C2 compiled before.
            case MXFP4 -> MORE_THAN_128_BITS ? new Mxfp4Matrix(weight, arena) : new DequantizedMatrix(weight, arena);
            case IQ4_NL -> MORE_THAN_128_BITS ? new Iq4NlMatrix(weight, arena) : new DequantizedMatrix(weight, arena);
            case Q4_K -> new Q4KMatrix(weight, arena);
            case Q5_K -> new Q5KMatrix(weight, arena);
            case Q6_K -> new Q6KMatrix(weight, arena);
            default -> new DequantizedMatrix(weight, arena);
        };
    }

    @Override
    public WeightMatrix repack(ModelTensor weight, Arena arena) {
        return switch (weight.type()) {
            case Q4_0 -> new PackedQ40Matrix(weight, arena);
            case Q8_0 -> new PackedQ80Matrix(weight, arena);
            case Q4_K -> new PackedQ4KMatrix(weight, arena);
            case Q6_K -> new PackedQ6KMatrix(weight, arena);
            default -> prepare(weight, arena);
        };
    }

    @Override
    public String layout() {
        return "vector-%d-%d-%s".formatted(PackedMatrix.VERSION, Lanes.FLOAT.vectorBitSize(),
                Lanes.ROTATES ? "rotated" : "plain");
    }

    @Override
    public long panelBytes(int tokens, int columns) {
        return 4L * PrefillTile.roundUp(tokens) * columns;
    }

    @Override
    public void pack(float[] input, int tokens, int columns, MemorySegment panels, int fromColumn, int toColumn) {
        PrefillTile.pack(input, tokens, columns, panels, fromColumn, toColumn);
    }

    @Override
    public boolean supports(ModelTensor weight) {
        return Dequantizer.supports(weight.type());
    }

    @Override
    public void rmsNorm(float[] input, int inputOffset, float[] gain, float epsilon, float[] output, int outputOffset) {
        int width = gain.length;
        float squares = FloatProduct.dot(input, inputOffset, input, inputOffset, width);
        float scale = (float) (1 / Math.sqrt(squares / (double) width + epsilon));
        int end = F.loopBound(width);
        for (int i = 0; i < end; i += F.length()) {
            FloatVector.fromArray(F, input, inputOffset + i).mul(scale).mul(FloatVector.fromArray(F, gain, i))
                    .intoArray(output, outputOffset + i);
        }
        for (int i = end; i < width; i++) {
            output[outputOffset + i] = input[inputOffset + i] * scale * gain[i];
        }
    }

    @Override
    public void layerNorm(float[] input, int inputOffset, float[] gain, float[] bias, float epsilon, float[] output,
            int outputOffset) {
        int width = gain.length;
        int end = F.loopBound(width);
        FloatVector sums = FloatVector.zero(F);
        for (int i = 0; i < end; i += F.length()) {
            sums = sums.add(FloatVector.fromArray(F, input, inputOffset + i));
        }
        float sum = sums.reduceLanes(VectorOperators.ADD);
        for (int i = end; i < width; i++) {
            sum += input[inputOffset + i];
        }
        float mean = sum / width;
        // Squares of the differences, not of the numbers: a mean far from 0 would swallow the variance.
        FloatVector squareSums = FloatVector.zero(F);
        for (int i = 0; i < end; i += F.length()) {
            FloatVector difference = FloatVector.fromArray(F, input, inputOffset + i).sub(mean);
            squareSums = difference.fma(difference, squareSums);
        }
        float squares = squareSums.reduceLanes(VectorOperators.ADD);
        for (int i = end; i < width; i++) {
            squares += (input[inputOffset + i] - mean) * (input[inputOffset + i] - mean);
        }
        float scale = (float) (1 / Math.sqrt(squares / (double) width + epsilon));
        for (int i = 0; i < end; i += F.length()) {
            FloatVector.fromArray(F, input, inputOffset + i).sub(mean).mul(scale)
                    .fma(FloatVector.fromArray(F, gain, i), FloatVector.fromArray(F, bias, i))
                    .intoArray(output, outputOffset + i);
        }
        for (int i = end; i < width; i++) {
            output[outputOffset + i] = (input[inputOffset + i] - mean) * scale * gain[i] + bias[i];
        }
    }

    @Override
    public void activate(Activation activation, float[] input, float[] output, int from, int to) {
        // GELU's (1 + tanh(u)) / 2 is 1 / (1 + exp(-2u)), so both are x / (1 + exp(-linear x - cubic x^3)).
        float linear = activation == Activation.SILU ? 1 : 1.5957691f;
        float cubic = activation == Activation.SILU ? 0 : 1.5957691f * 0.044715f;
        int i = from;
        for (; i + F.length() <= to; i += F.length()) {
            FloatVector x = FloatVector.fromArray(F, input, i);
            FloatVector minus = x.mul(x).fma(FloatVector.broadcast(F, -cubic), FloatVector.broadcast(F, -linear))
                    .mul(x).max(Exponential.MIN).min(Exponential.MAX);
            FloatVector n = minus.mul(Exponential.LOG2_E).add(Exponential.ROUNDING).sub(Exponential.ROUNDING);
            FloatVector r = n.fma(FloatVector.broadcast(F, -Exponential.LN2_HIGH), minus);
            r = n.fma(FloatVector.broadcast(F, -Exponential.LN2_LOW), r);
            FloatVector exp = r.fma(FloatVector.broadcast(F, Exponential.TERM_6),
                    FloatVector.broadcast(F, Exponential.TERM_5));
            exp = exp.fma(r, FloatVector.broadcast(F, Exponential.TERM_4));
            exp = exp.fma(r, FloatVector.broadcast(F, Exponential.TERM_3));
            exp = exp.fma(r, FloatVector.broadcast(F, 0.5f));
            exp = exp.fma(r, FloatVector.broadcast(F, 1));
            exp = exp.fma(r, FloatVector.broadcast(F, 1));
            exp = ((IntVector) n.castShape(I, 0)).lanewise(VectorOperators.LSHL, 23).add(exp.reinterpretAsInts())
                    .reinterpretAsFloats();
            x.div(exp.add(1)).intoArray(output, i);
        }
        scalar.activate(activation, input, output, i, to);
    }

    @Override
    public void gate(Activation activation, float[] gate, float[] up, float[] output, int from, int to) {
        if (activation != Activation.SILU) {
            scalar.gate(activation, gate, up, output, from, to);
            return;
        }
        int i = from;
        for (; i + F.length() <= to; i += F.length()) {
            FloatVector x = FloatVector.fromArray(F, gate, i);
            FloatVector minus = x.neg().max(Exponential.MIN).min(Exponential.MAX);
            // exp(minus) = 2^n * exp(r) with |r| <= ln(2) / 2: see Exponential.
            FloatVector n = minus.mul(Exponential.LOG2_E).add(Exponential.ROUNDING).sub(Exponential.ROUNDING);
            FloatVector r = n.fma(FloatVector.broadcast(F, -Exponential.LN2_HIGH), minus);
            r = n.fma(FloatVector.broadcast(F, -Exponential.LN2_LOW), r);
            FloatVector exp = r.fma(FloatVector.broadcast(F, Exponential.TERM_6),
                    FloatVector.broadcast(F, Exponential.TERM_5));
            exp = exp.fma(r, FloatVector.broadcast(F, Exponential.TERM_4));
            exp = exp.fma(r, FloatVector.broadcast(F, Exponential.TERM_3));
            exp = exp.fma(r, FloatVector.broadcast(F, 0.5f));
            exp = exp.fma(r, FloatVector.broadcast(F, 1));
            exp = exp.fma(r, FloatVector.broadcast(F, 1));
            exp = ((IntVector) n.castShape(I, 0)).lanewise(VectorOperators.LSHL, 23).add(exp.reinterpretAsInts())
                    .reinterpretAsFloats();
            x.div(exp.add(1)).mul(FloatVector.fromArray(F, up, i)).intoArray(output, i);
        }
        scalar.gate(activation, gate, up, output, i, to);
    }

    @Override
    public void add(float[] left, float[] right, float[] output, int from, int to) {
        int i = from;
        for (; i + F.length() <= to; i += F.length()) {
            FloatVector.fromArray(F, left, i).add(FloatVector.fromArray(F, right, i)).intoArray(output, i);
        }
        for (; i < to; i++) {
            output[i] = left[i] + right[i];
        }
    }

    @Override
    public AttentionKernels attention() {
        return attention;
    }
}
