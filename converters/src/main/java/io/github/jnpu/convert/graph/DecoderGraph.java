package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A decoder network as a list of operations: the only description that backends and writers read.
 *
 * <p>It is cut where devices may change: the embedding, each layer, and the head that turns the residual stream into
 * logits. Between the parts flows exactly one value, the residual stream.
 *
 * @param embedding
 *            from token ids to the first residual stream
 * @param layers
 *            in order
 * @param head
 *            final norm and output projection; runs only for tokens whose logits are asked for
 * @param valueCount
 *            how many values there are: their ids run from 0 to one less
 */
public record DecoderGraph(ModelConfig config, Operation.TokenEmbedding embedding, List<Layer> layers, Head head,
        int valueCount) {

    public DecoderGraph {
        layers = List.copyOf(layers);
    }

    /** One transformer block: reads {@code input}, ends in {@code output}. */
    public record Layer(int index, Value input, List<Operation> operations, Value output) {
        public Layer {
            operations = List.copyOf(operations);
        }
    }

    /** What follows the last layer; {@code output} are the logits, one column per vocabulary entry. */
    public record Head(Value input, List<Operation> operations, Value output) {
        public Head {
            operations = List.copyOf(operations);
        }
    }

    /**
     * Builds the graph of a model with the builder for its architecture.
     *
     * @throws ModelFormatException
     *             if the architecture is unknown, or a tensor is missing or of the wrong shape
     */
    public static DecoderGraph of(ModelSource source) {
        // The architecture first: of a network that nobody knows, no tensor can be missing.
        String name = source.metadata().string("general.architecture").orElseThrow(() -> new ModelFormatException(
                "%s: metadata 'general.architecture' is missing".formatted(source.location())));
        Architecture architecture = Architecture.named(name).orElseThrow(
                () -> new ModelFormatException(
                        "%s: architecture '%s' is not supported; known are %s".formatted(source.location(),
                                ModelFormatException.printable(name), String.join(", ", Architecture.names()))));
        return architecture.build(ModelConfig.of(source), source);
    }

    /** All operations in order, from the embedding to the logits. */
    public List<Operation> operations() {
        List<Operation> all = new ArrayList<>();
        all.add(embedding);
        layers.forEach(layer -> all.addAll(layer.operations()));
        all.addAll(head.operations());
        return all;
    }

    /** All tensors that the network reads, each once: a table may be the output's weights too. */
    public Collection<ModelTensor> tensors() {
        Map<String, ModelTensor> tensors = new LinkedHashMap<>();
        for (Operation operation : operations()) {
            switch (operation) {
                case Operation.TokenEmbedding embedding -> tensors.put(embedding.table().name(), embedding.table());
                case Operation.Projection projection -> {
                    tensors.put(projection.weight().name(), projection.weight());
                    projection.bias().ifPresent(bias -> tensors.put(bias.name(), bias));
                }
                case Operation.RmsNorm norm -> tensors.put(norm.gain().name(), norm.gain());
                default -> {
                }
            }
        }
        return tensors.values();
    }

    /** The size of {@link #tensors} in the file, in bytes. */
    public long tensorBytes() {
        return tensors().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
    }

    /** The size of all projections' weights: what decode reads for each token. */
    public long weightBytes() {
        return operations().stream().mapToLong(
                operation -> operation instanceof Operation.Projection projection
                        ? projection.weight().data().byteSize()
                        : 0)
                .sum();
    }
}
