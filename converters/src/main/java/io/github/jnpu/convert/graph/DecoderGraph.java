package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A decoder network as a list of operations: the only description that backends and writers read.
 *
 * <p>It is cut where devices may change: the embedding, each layer, and the head that turns the residual stream into
 * logits. Between the parts flows exactly one value, the residual stream. {@link #part} makes a graph of some of the layers.
 *
 * @param config
 *            of the whole model, but {@link ModelConfig#layers()} counts the KV caches of this graph
 * @param entry
 *            from token ids to the first residual stream, or the stream as it comes from an earlier part
 * @param layers
 *            in order
 * @param head
 *            final norm and output projection; runs only for tokens whose logits are asked for. Empty where a later part goes on
 *            with the stream
 * @param valueCount
 *            how many values there are: their ids run from 0 to one less
 */
public record DecoderGraph(ModelConfig config, Operation.Entry entry, List<Layer> layers, Optional<Head> head,
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

    /** Whether token ids go in and logits come out. */
    public boolean isWhole() {
        return entry instanceof Operation.TokenEmbedding && head.isPresent();
    }

    /** What comes out: the logits, or the residual stream where there is no head. */
    public Value output() {
        return head.map(Head::output).orElseGet(() -> layers.isEmpty() ? entry.output() : layers.getLast().output());
    }

    /**
     * Some of the layers as a graph of its own. The part with the first layer has the entry too, and that with the last the head.
     *
     * @param from
     *            the first layer, from 0
     * @param to
     *            one more than the last
     */
    public DecoderGraph part(int from, int to) {
        if (from < 0 || to <= from || to > layers.size()) {
            throw new IllegalArgumentException("layers %d to %d of %d".formatted(from, to - 1, layers.size()));
        }
        List<Layer> some = new ArrayList<>();
        int caches = 0;
        for (Layer layer : layers.subList(from, to)) {
            List<Operation> operations = new ArrayList<>();
            for (Operation operation : layer.operations()) {
                operations.add(
                        operation instanceof Operation.Attention attention ? attention.onLayer(caches++) : operation);
            }
            some.add(new Layer(some.size(), layer.input(), operations, layer.output()));
        }
        return new DecoderGraph(config.withLayers(caches),
                from == 0 ? entry : new Operation.StreamInput(layers.get(from).input()), some,
                to == layers.size() ? head : Optional.empty(), valueCount);
    }

    /**
     * The same network with twice as many layers: attention, and what follows it up to the end of the layer, so that a device can have the one
     * and another device the other.
     */
    public DecoderGraph halves() {
        List<Layer> halves = new ArrayList<>();
        for (Layer layer : layers) {
            int cut = cutAfterAttention(layer);
            List<Operation> operations = layer.operations();
            Value between = operations.get(cut - 1).output();
            halves.add(new Layer(halves.size(), layer.input(), operations.subList(0, cut), between));
            halves.add(new Layer(halves.size(), between, operations.subList(cut, operations.size()), layer.output()));
        }
        return new DecoderGraph(config, entry, halves, head, valueCount);
    }

    /** The first place behind attention that only one value crosses. */
    private static int cutAfterAttention(Layer layer) {
        List<Operation> operations = layer.operations();
        boolean attended = false;
        for (int cut = 1; cut < operations.size(); cut++) {
            attended |= operations.get(cut - 1) instanceof Operation.Attention;
            Set<Value> crossing = new HashSet<>();
            operations.subList(cut, operations.size()).forEach(operation -> crossing.addAll(operation.inputs()));
            operations.subList(cut, operations.size()).forEach(operation -> crossing.remove(operation.output()));
            if (attended && crossing.equals(Set.of(operations.get(cut - 1).output()))) {
                return cut;
            }
        }
        throw new IllegalArgumentException("layer %d has no place to cut it behind attention".formatted(layer.index()));
    }

    /** All operations in order, from the entry to what comes out. */
    public List<Operation> operations() {
        List<Operation> all = new ArrayList<>();
        all.add(entry);
        layers.forEach(layer -> all.addAll(layer.operations()));
        head.ifPresent(last -> all.addAll(last.operations()));
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
