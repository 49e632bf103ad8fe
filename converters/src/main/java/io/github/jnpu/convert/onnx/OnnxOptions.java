package io.github.jnpu.convert.onnx;

/**
 * What an ONNX model is written for.
 *
 * @param accuracy
 *            how products with quantised weights compute
 * @param maxPositions
 *            rows of rope's tables at most: longer texts than this, or than the model was trained for, cannot be run
 * @param products
 *            how products with float weights are written
 */
public record OnnxOptions(Accuracy accuracy, int maxPositions, Products products) {
    /** 32 MiB for each of rope's two tables where heads have 128 features. */
    private static final int DEFAULT_MAX_POSITIONS = 1 << 17;

    /** For speed. */
    public static final OnnxOptions FAST = new OnnxOptions(Accuracy.INT8, DEFAULT_MAX_POSITIONS, Products.FUSED);
    /** For the same results as other backends have. */
    public static final OnnxOptions EXACT = new OnnxOptions(Accuracy.FLOAT, DEFAULT_MAX_POSITIONS, Products.FUSED);

    /** Products with float weights. */
    public enum Products {
        /** {@code FusedMatMul}, which takes matrices as they lie in the file. The CPU provider has it. */
        FUSED,
        /** {@code MatMul}, which every provider has; matrices are transposed in memory for it. */
        STANDARD
    }

    /** The same for a provider that has ONNX's own operations only, beside those for blocks of weights and attention. */
    public OnnxOptions withProducts(Products value) {
        return new OnnxOptions(accuracy, maxPositions, value);
    }

    /** MatMulNBits' attribute {@code accuracy_level}. */
    public enum Accuracy {
        /** Activations stay floats. Products with 8-bit weights are not laid out anew then and are a hundred times slower. */
        FLOAT(0),
        /** Activations are rounded to 8 bits a block, as llama.cpp does it: about half a percent of a product's result. */
        INT8(4);

        private final int level;

        Accuracy(int level) {
            this.level = level;
        }

        /** The attribute's value. */
        public int level() {
            return level;
        }
    }

    /** For the CPU provider. */
    public OnnxOptions(Accuracy accuracy, int maxPositions) {
        this(accuracy, maxPositions, Products.FUSED);
    }

    public OnnxOptions {
        if (maxPositions < 1) {
            throw new IllegalArgumentException("maxPositions is at least 1: " + maxPositions);
        }
    }
}
