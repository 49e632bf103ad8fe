package io.github.jnpu.samples.demo.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The parameters of a llama network. Query, key and value are one matrix, gate and up another, since they read the same
 * input; rows are in that order.
 */
public final class Network {
    static final float EMBEDDING_DEVIATION = 0.06f;

    /** The parameters of one layer. */
    public record Layer(Parameter attentionNorm, Parameter queryKeyValue, Parameter attentionOutput,
            Parameter feedForwardNorm, Parameter gateUp, Parameter down) {}

    private final NetworkShape shape;
    private final Parameter embeddings;
    private final List<Layer> layers = new ArrayList<>();
    private final Parameter outputNorm;
    private final List<Parameter> parameters = new ArrayList<>();

    /** A fresh network: Gaussian weights of deviation 1/sqrt(inputs), smaller where a layer adds to the residual stream. */
    public Network(NetworkShape shape, long seed) {
        this.shape = shape;
        // java.util.Random's Gaussian is defined bit for bit.
        Random random = new Random(seed);
        int width = shape.width();
        double deviation = 1 / Math.sqrt(width);
        double residual = Math.sqrt(2.0 * shape.layers());
        embeddings = add(new Parameter("token_embd", shape.paddedVocabulary(), width).gaussian(random,
                EMBEDDING_DEVIATION,
                shape.vocabulary()));
        for (int i = 0; i < shape.layers(); i++) {
            String prefix = "blk." + i + ".";
            layers.add(new Layer(add(new Parameter(prefix + "attn_norm", 1, width).ones()),
                    add(matrix(prefix + "attn_qkv", shape.queryKeyValueWidth(), width, random, deviation)),
                    add(matrix(prefix + "attn_output", width, width, random, deviation / residual)),
                    add(new Parameter(prefix + "ffn_norm", 1, width).ones()),
                    add(matrix(prefix + "ffn_gate_up", 2 * shape.feedForward(), width, random, deviation)),
                    add(matrix(prefix + "ffn_down", width, shape.feedForward(), random,
                            1 / Math.sqrt(shape.feedForward()) / residual))));
        }
        outputNorm = add(new Parameter("output_norm", 1, width).ones());
    }

    private static Parameter matrix(String name, int rows, int columns, Random random, double deviation) {
        return new Parameter(name, rows, columns).gaussian(random, deviation, rows);
    }

    private Parameter add(Parameter parameter) {
        parameters.add(parameter);
        return parameter;
    }

    public NetworkShape shape() {
        return shape;
    }

    /** {@code [padded vocabulary, width]}, the output projection too. */
    public Parameter embeddings() {
        return embeddings;
    }

    public List<Layer> layers() {
        return List.copyOf(layers);
    }

    public Parameter outputNorm() {
        return outputNorm;
    }

    /** All parameters in a fixed order. */
    public List<Parameter> parameters() {
        return List.copyOf(parameters);
    }

    /** The number of trained values; padding does not count. */
    public long parameterCount() {
        long padding = (long) (shape.paddedVocabulary() - shape.vocabulary()) * shape.width();
        return parameters.stream().mapToLong(parameter -> parameter.value().length).sum() - padding;
    }
}
