package io.github.jnpu.convert.onnx;

import java.util.Optional;

/**
 * What an ONNX model is written for.
 *
 * @param accuracy
 *            how products with quantised weights compute
 * @param maxPositions
 *            rows of rope's tables at most: longer texts than this, or than the model was trained for, cannot be run
 * @param products
 *            how products with float weights are written in {@link Dialect#MICROSOFT}
 * @param dialect
 *            which operators there are
 * @param weights
 *            what weights become in {@link Dialect#STANDARD}; {@link Dialect#MICROSOFT} has {@code MatMulNBits} for them
 * @param shape
 *            how many tokens a run has and how many positions the KV cache, if that is to stand in the graph; for {@link Dialect#STANDARD} only
 */
public record OnnxOptions(Accuracy accuracy, int maxPositions, Products products, Dialect dialect, Weights weights,
        Optional<FixedShape> shape) {
    /** 32 MiB for each of rope's two tables where heads have 128 features. */
    private static final int DEFAULT_MAX_POSITIONS = 1 << 17;

    /** For speed. */
    public static final OnnxOptions FAST = new OnnxOptions(Accuracy.INT8, DEFAULT_MAX_POSITIONS, Products.FUSED);
    /** For the same results as other backends have. */
    public static final OnnxOptions EXACT = new OnnxOptions(Accuracy.FLOAT, DEFAULT_MAX_POSITIONS, Products.FUSED);

    /** Which operators a graph is made of. */
    public enum Dialect {
        /** ONNX Runtime's own too, {@code com.microsoft}: for its CPU, CUDA and WebGPU providers. */
        MICROSOFT,
        /** ONNX's own only, opset 21: for providers that know no others, as those for NPUs. */
        STANDARD
    }

    /** What weights become where there is no {@code MatMulNBits}. */
    public enum Weights {
        /** Floats, four bytes each. */
        FLOAT,
        /**
         * The type's own numbers, int4 or int8, behind {@code DequantizeLinear} with a factor for each block: nothing is lost. Types that do not
         * fall apart so become floats.
         */
        BLOCKS,
        /** int8 behind {@code DequantizeLinear} with one factor for each row, for devices that know no blocks: rounded once more. */
        CHANNELS
    }

    /**
     * Sizes that stand in the graph.
     *
     * @param tokens
     *            of each run; one with fewer is filled up by the caller
     * @param capacity
     *            positions in the KV cache, and the longest text
     */
    public record FixedShape(int tokens, int capacity) {
        public FixedShape {
            if (tokens < 1 || capacity < tokens) {
                throw new IllegalArgumentException("%d tokens in a cache of %d positions".formatted(tokens, capacity));
            }
        }
    }

    /** Products with float weights. */
    public enum Products {
        /** {@code FusedMatMul}, which takes matrices as they lie in the file. The CPU provider has it. */
        FUSED,
        /** {@code MatMul}, which every provider has; matrices are transposed in memory for it. */
        STANDARD
    }

    /** The same for a provider that has ONNX's own operations only, beside those for blocks of weights and attention. */
    public OnnxOptions withProducts(Products value) {
        return new OnnxOptions(accuracy, maxPositions, value, dialect, weights, shape);
    }

    /** The same out of ONNX's own operators only. */
    public OnnxOptions standard(Weights value) {
        return new OnnxOptions(accuracy, maxPositions, products, Dialect.STANDARD, value, shape);
    }

    /** The same for runs of so many tokens with a KV cache of so many positions; {@link Dialect#STANDARD} only. */
    public OnnxOptions withShape(int tokens, int capacity) {
        return new OnnxOptions(accuracy, maxPositions, products, dialect, weights,
                Optional.of(new FixedShape(tokens, capacity)));
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

    /** For providers with ONNX Runtime's own operators. */
    public OnnxOptions(Accuracy accuracy, int maxPositions, Products products) {
        this(accuracy, maxPositions, products, Dialect.MICROSOFT, Weights.BLOCKS, Optional.empty());
    }

    public OnnxOptions {
        if (shape.isPresent() && dialect == Dialect.MICROSOFT) {
            throw new IllegalArgumentException("fixed shapes are for the dialect of standard operators only");
        }
        if (maxPositions < 1) {
            throw new IllegalArgumentException("maxPositions is at least 1: " + maxPositions);
        }
    }
}
