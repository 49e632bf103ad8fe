package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.graph.DecoderGraph.Head;
import io.github.jnpu.convert.graph.DecoderGraph.Layer;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Assembles a graph operation by operation, numbering values and checking the shape of every tensor it takes from the
 * model. For one graph and one thread.
 */
public final class GraphAssembler {
    private final ModelConfig config;
    private final ModelSource source;
    private final List<Layer> layers = new ArrayList<>();
    private final List<Operation> pending = new ArrayList<>();
    private int nextId;
    private Operation.TokenEmbedding embedding;
    private Value stream;

    public GraphAssembler(ModelConfig config, ModelSource source) {
        this.config = config;
        this.source = source;
    }

    /** Starts the residual stream with the token embeddings. */
    public Value embed(String table) {
        ModelTensor tensor = require(table, config.vocabularySize(), config.embeddingLength());
        embedding = new Operation.TokenEmbedding(tensor, newValue("embedding", config.embeddingLength()));
        stream = embedding.output();
        return stream;
    }

    /** Ends a layer: what has been added since the last one belongs to it. */
    public void endLayer(Value output) {
        layers.add(new Layer(layers.size(), stream, pending, output));
        pending.clear();
        stream = output;
    }

    /** Ends the graph: what has been added since the last layer is the head. */
    public DecoderGraph finish(Value logits) {
        return new DecoderGraph(config, embedding, layers, Optional.of(new Head(stream, pending, logits)), nextId);
    }

    /** Adds an operation whose output has this name and width. */
    public Value add(String name, int width, Function<Value, Operation> operation) {
        Value output = newValue(name, width);
        pending.add(operation.apply(output));
        return output;
    }

    public Value rmsNorm(String name, Value input) {
        return add(name, input.width(), output -> new Operation.RmsNorm(input, require(name + ".weight", input.width()),
                config.normEpsilon(), output));
    }

    /** A norm of each head on its own. */
    public Value headNorm(String name, Value input, int headWidth) {
        return add(name, input.width(),
                output -> new Operation.RmsNorm(input, require(name + ".weight", headWidth), config.normEpsilon(),
                        output));
    }

    /** A projection, with its bias if the model has one. */
    public Value project(String name, Value input, int width) {
        Optional<ModelTensor> bias = source.tensor(name + ".bias").map(tensor -> checked(tensor, width));
        return add(name, width,
                output -> new Operation.Projection(input, require(name + ".weight", width, input.width()), bias,
                        output));
    }

    public Value addValues(String name, Value left, Value right) {
        return add(name, left.width(), output -> new Operation.Add(left, right, output));
    }

    /**
     * A tensor that must be there in this shape.
     *
     * @throws ModelFormatException
     *             if it is missing or has another shape
     */
    public ModelTensor require(String name, long... shape) {
        return checked(source.requireTensor(name), shape);
    }

    private ModelTensor checked(ModelTensor tensor, long... shape) {
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw new ModelFormatException("%s: tensor '%s' has shape %s, expected %s".formatted(source.location(),
                    tensor.name(), Arrays.toString(tensor.shape()), Arrays.toString(shape)));
        }
        return tensor;
    }

    private Value newValue(String name, int width) {
        return new Value(nextId++, name, width);
    }
}
