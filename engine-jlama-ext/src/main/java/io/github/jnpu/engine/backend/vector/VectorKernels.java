package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.cpu.Kernels;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;
import io.github.jnpu.engine.backend.reference.ScalarKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/** The arithmetic on the Vector API. */
final class VectorKernels implements Kernels {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Short> S = Lanes.SHORT;
    // exp by Cody and Waite's reduction and Taylor's polynomial, exact to 2 units in the last place. The Vector API has EXP, but
    // the interpreter and the compiled code round it differently, so a text could change while the JVM warms up.
    private static final float LOG2_E = 1.442695f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    /** Adding and subtracting it rounds to a whole number. */
    private static final float ROUNDING = 0x1.8p23f;
    private static final float EXP_3 = 1 / 6f;
    private static final float EXP_4 = 1 / 24f;
    private static final float EXP_5 = 1 / 120f;
    private static final float EXP_6 = 1 / 720f;
    /** Within these, 2^n is a normal float. */
    private static final float EXP_MIN = -87;
    private static final float EXP_MAX = 88;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private final ScalarKernels scalar = new ScalarKernels();

    @Override
    public WeightMatrix prepare(ModelTensor weight, Arena arena) {
        return switch (weight.type()) {
            case F32 -> new Float32Matrix(weight);
            case F16 -> new HalfFloatMatrix(weight);
            case BF16 -> new BFloat16Matrix(weight);
            case Q4_0 -> new Q40Matrix(weight, arena);
            case Q8_0 -> new Q80Matrix(weight);
            case Q4_K -> new Q4KMatrix(weight);
            case Q6_K -> new Q6KMatrix(weight);
            default -> new DequantizedMatrix(weight);
        };
    }

    @Override
    public boolean supports(ModelTensor weight) {
        return Dequantizer.supports(weight.type());
    }

    @Override
    public void rmsNorm(float[] input, int inputOffset, float[] gain, float epsilon, float[] output, int outputOffset) {
        int width = gain.length;
        float squares = FloatTile.dot(input, inputOffset, input, inputOffset, width);
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
    public void gate(Activation activation, float[] gate, float[] up, float[] output, int from, int to) {
        if (activation != Activation.SILU) {
            scalar.gate(activation, gate, up, output, from, to);
            return;
        }
        int i = from;
        for (; i + F.length() <= to; i += F.length()) {
            FloatVector x = FloatVector.fromArray(F, gate, i);
            FloatVector minus = x.neg().max(EXP_MIN).min(EXP_MAX);
            // exp(minus) = 2^n * exp(r) with |r| <= ln(2) / 2: see EXP_*.
            FloatVector n = minus.mul(LOG2_E).add(ROUNDING).sub(ROUNDING);
            FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), minus);
            r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
            FloatVector exp = r.fma(FloatVector.broadcast(F, EXP_6), FloatVector.broadcast(F, EXP_5));
            exp = exp.fma(r, FloatVector.broadcast(F, EXP_4));
            exp = exp.fma(r, FloatVector.broadcast(F, EXP_3));
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
    public void store(float[] source, int offset, int width, MemorySegment page, long byteOffset, KvCacheType type) {
        scalar.store(source, offset, width, page, byteOffset, type);
    }

    @Override
    public void scores(float[] query, int queryOffset, int width, MemorySegment keys, long byteOffset, int count,
            KvCacheType type, float scale, float[] scores, int scoresOffset) {
        if (width % F.length() != 0 || type == KvCacheType.F32) {
            scalar.scores(query, queryOffset, width, keys, byteOffset, count, type, scale, scores, scoresOffset);
        } else if (type == KvCacheType.F16) {
            halfScores(query, queryOffset, width, keys, byteOffset, count, scale, scores, scoresOffset);
        } else {
            brainScores(query, queryOffset, width, keys, byteOffset, count, scale, scores, scoresOffset);
        }
    }

    private static void halfScores(float[] query, int queryOffset, int width, MemorySegment keys, long byteOffset,
            int count, float scale, float[] scores, int scoresOffset) {
        for (int i = 0; i < count; i++) {
            FloatVector sum = FloatVector.zero(F);
            for (int j = 0; j < width; j += F.length()) {
                IntVector bits = (IntVector) ShortVector
                        .fromMemorySegment(S, keys, byteOffset + 2L * ((long) i * width + j), ORDER).castShape(I, 0);
                FloatVector key = bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13)
                        .or(bits.and(0x8000).lanewise(VectorOperators.LSHL, 16)).reinterpretAsFloats()
                        .mul(HalfFloatMatrix.BIAS);
                sum = key.fma(FloatVector.fromArray(F, query, queryOffset + j), sum);
            }
            scores[scoresOffset + i] = Lanes.sum(sum) * scale;
        }
    }

    private static void brainScores(float[] query, int queryOffset, int width, MemorySegment keys, long byteOffset,
            int count, float scale, float[] scores, int scoresOffset) {
        for (int i = 0; i < count; i++) {
            FloatVector sum = FloatVector.zero(F);
            for (int j = 0; j < width; j += F.length()) {
                IntVector bits = (IntVector) ShortVector
                        .fromMemorySegment(S, keys, byteOffset + 2L * ((long) i * width + j), ORDER).castShape(I, 0);
                sum = bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()
                        .fma(FloatVector.fromArray(F, query, queryOffset + j), sum);
            }
            scores[scoresOffset + i] = Lanes.sum(sum) * scale;
        }
    }

    @Override
    public void addWeighted(float[] weights, int weightsOffset, int count, MemorySegment values, long byteOffset,
            int width,
            KvCacheType type, float[] output, int outputOffset) {
        if (width % F.length() != 0 || type == KvCacheType.F32) {
            scalar.addWeighted(weights, weightsOffset, count, values, byteOffset, width, type, output, outputOffset);
            return;
        }
        for (int j = 0; j < width; j += F.length()) {
            FloatVector sum = FloatVector.fromArray(F, output, outputOffset + j);
            for (int i = 0; i < count; i++) {
                IntVector bits = (IntVector) ShortVector
                        .fromMemorySegment(S, values, byteOffset + 2L * ((long) i * width + j), ORDER).castShape(I, 0);
                FloatVector value = type == KvCacheType.F16
                        ? bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13)
                                .or(bits.and(0x8000).lanewise(VectorOperators.LSHL, 16)).reinterpretAsFloats()
                                .mul(HalfFloatMatrix.BIAS)
                        : bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
                sum = value.fma(FloatVector.broadcast(F, weights[weightsOffset + i]), sum);
            }
            sum.intoArray(output, outputOffset + j);
        }
    }

    @Override
    public void softmax(float[] values, int offset, int count) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = offset; i < offset + count; i++) {
            max = Math.max(max, values[i]);
        }
        int end = offset + F.loopBound(count);
        FloatVector sums = FloatVector.zero(F);
        for (int i = offset; i < end; i += F.length()) {
            FloatVector x = FloatVector.fromArray(F, values, i).sub(max).max(EXP_MIN);
            // exp(x) = 2^n * exp(r) with |r| <= ln(2) / 2: see EXP_*.
            FloatVector n = x.mul(LOG2_E).add(ROUNDING).sub(ROUNDING);
            FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), x);
            r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
            FloatVector exp = r.fma(FloatVector.broadcast(F, EXP_6), FloatVector.broadcast(F, EXP_5));
            exp = exp.fma(r, FloatVector.broadcast(F, EXP_4));
            exp = exp.fma(r, FloatVector.broadcast(F, EXP_3));
            exp = exp.fma(r, FloatVector.broadcast(F, 0.5f));
            exp = exp.fma(r, FloatVector.broadcast(F, 1));
            exp = exp.fma(r, FloatVector.broadcast(F, 1));
            exp = ((IntVector) n.castShape(I, 0)).lanewise(VectorOperators.LSHL, 23).add(exp.reinterpretAsInts())
                    .reinterpretAsFloats();
            exp.intoArray(values, i);
            sums = sums.add(exp);
        }
        float sum = Lanes.sum(sums);
        for (int i = end; i < offset + count; i++) {
            values[i] = (float) Math.exp(values[i] - max);
            sum += values[i];
        }
        float scale = 1 / sum;
        for (int i = offset; i < offset + count; i++) {
            values[i] *= scale;
        }
    }
}
