package io.github.jnpu.convert.tensor;

/**
 * Finds the scale, or scale and minimum, with which a few values are best written as small whole numbers.
 *
 * <p>Candidates stretch the range a little beyond or within what the extreme values ask for. For each, the values are
 * rounded and the scale (and minimum) that fit the rounded numbers best follow by weighted least squares; the candidate
 * with the least error wins.
 */
final class ScaleSearch {
    /** How far a candidate's range differs from the plain one, in steps, to either side. */
    private static final int CANDIDATES = 10;
    private static final double STEP = 0.1;

    private ScaleSearch() {}

    /** value = scale * q - min, with min not negative. */
    record Affine(float scale, float min) {}

    /**
     * For value = scale * q with q from -limit to limit - 1. Large values weigh more: they matter most in a product.
     */
    static float symmetric(float[] x, int from, int count, int limit) {
        float extreme = 0;
        for (int i = 0; i < count; i++) {
            if (Math.abs(x[from + i]) > Math.abs(extreme)) {
                extreme = x[from + i];
            }
        }
        if (extreme == 0) {
            return 0;
        }
        double best = 0;
        double bestGain = Double.NEGATIVE_INFINITY;
        for (int candidate = -CANDIDATES; candidate <= CANDIDATES; candidate++) {
            double inverse = -(limit + STEP * candidate) / extreme;
            double products = 0;
            double squares = 0;
            for (int i = 0; i < count; i++) {
                double value = x[from + i];
                long q = Math.clamp(Math.round(inverse * value), -limit, limit - 1);
                double weight = value * value;
                products += weight * value * q;
                squares += weight * q * q;
            }
            // The weighted error is a constant less this gain.
            double gain = products * products / squares;
            if (squares > 0 && gain > bestGain) {
                bestGain = gain;
                best = products / squares;
            }
        }
        return (float) best;
    }

    /** For value = scale * q - min with q from 0 to {@code top}. */
    static Affine affine(float[] x, int from, int count, int top) {
        // A minimum above zero cannot be stored.
        double low = 0;
        double high = x[from];
        double meanSquare = 0;
        for (int i = 0; i < count; i++) {
            double value = x[from + i];
            low = Math.min(low, value);
            high = Math.max(high, value);
            meanSquare += value * value / count;
        }
        if (high <= low) {
            return new Affine(0, (float) -low);
        }
        double root = Math.sqrt(meanSquare);
        double bestScale = (high - low) / top;
        double bestMin = -low;
        double bestError = Double.POSITIVE_INFINITY;
        for (int candidate = -CANDIDATES; candidate <= CANDIDATES; candidate++) {
            double inverse = (top + STEP * candidate) / (high - low);
            double w = 0;
            double wq = 0;
            double wqq = 0;
            double wx = 0;
            double wqx = 0;
            double wxx = 0;
            for (int i = 0; i < count; i++) {
                double value = x[from + i];
                double q = Math.clamp(Math.round(inverse * (value - low)), 0, top);
                double weight = root + Math.abs(value);
                w += weight;
                wq += weight * q;
                wqq += weight * q * q;
                wx += weight * value;
                wqx += weight * q * value;
                wxx += weight * value * value;
            }
            double determinant = w * wqq - wq * wq;
            if (determinant <= 0) {
                continue;
            }
            double scale = (w * wqx - wq * wx) / determinant;
            double min = (wq * wqx - wqq * wx) / determinant;
            if (min < 0) {
                min = 0;
                scale = wqx / wqq;
            }
            double error = wxx - 2 * scale * wqx + 2 * min * wx + scale * scale * wqq - 2 * scale * min * wq
                    + min * min * w;
            if (error < bestError && scale > 0) {
                bestError = error;
                bestScale = scale;
                bestMin = min;
            }
        }
        return new Affine((float) bestScale, (float) bestMin);
    }
}
