package io.github.jnpu.samples.demo.train;

import java.util.List;

/**
 * AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization") with the gradient's norm clipped. Norms' weights
 * do not decay.
 *
 * @param beta1
 *            memory of the mean gradient
 * @param beta2
 *            memory of the mean square
 * @param weightDecay
 *            times the learning rate, taken off each weight per step
 * @param maxNorm
 *            longer gradients are scaled down to it
 */
public record AdamW(float beta1, float beta2, float epsilon, float weightDecay, float maxNorm) {

    /**
     * One step; clears the gradients.
     *
     * @param step
     *            counts from 1
     * @return the gradient's norm before clipping
     */
    public double update(Workers workers, List<Parameter> parameters, int step, double learningRate) {
        double[] squares = new double[parameters.size()];
        workers.forEach(parameters.size(), i -> squares[i] = squareNorm(parameters.get(i).gradient));
        double sum = 0;
        for (double square : squares) {
            sum += square;
        }
        double norm = Math.sqrt(sum);
        float scale = (float) (norm > maxNorm ? maxNorm / norm : 1);
        // StrictMath, because pow is not defined to the last bit.
        float meanCorrection = (float) (learningRate / (1 - StrictMath.pow(beta1, step)));
        float squareCorrection = (float) (1 / (1 - StrictMath.pow(beta2, step)));
        workers.forEach(parameters.size(), i -> update(parameters.get(i), scale, meanCorrection, squareCorrection,
                (float) learningRate * (parameters.get(i).isMatrix() ? weightDecay : 0)));
        return norm;
    }

    private void update(Parameter parameter, float scale, float meanCorrection, float squareCorrection, float decay) {
        float[] value = parameter.value;
        float[] gradient = parameter.gradient;
        float[] first = parameter.firstMoment;
        float[] second = parameter.secondMoment;
        for (int i = 0; i < value.length; i++) {
            float g = gradient[i] * scale;
            float m = beta1 * first[i] + (1 - beta1) * g;
            float v = beta2 * second[i] + (1 - beta2) * g * g;
            first[i] = m;
            second[i] = v;
            value[i] -= decay * value[i] + meanCorrection * m / ((float) Math.sqrt(v * squareCorrection) + epsilon);
            gradient[i] = 0;
        }
    }

    private static double squareNorm(float[] values) {
        double even = 0;
        double odd = 0;
        for (int i = 0; i + 1 < values.length; i += 2) {
            even += (double) values[i] * values[i];
            odd += (double) values[i + 1] * values[i + 1];
        }
        if (values.length % 2 == 1) {
            even += (double) values[values.length - 1] * values[values.length - 1];
        }
        return even + odd;
    }
}
