package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network that turns a text into one vector, as a list of operations: what {@link DecoderGraph} is for decoders.
 *
 * @param operations
 *            in order, from the token ids to {@code output}
 * @param output
 *            one row for each token, to be pooled
 * @param pooling
 *            how rows become the vector of a text
 * @param valueCount
 *            how many values there are: their ids run from 0 to one less
 */
public record EncoderGraph(ModelConfig config, List<EncoderOperation> operations, Value output, Pooling pooling,
        int valueCount) {
    /** The architectures for which there are encoders. */
    public static final List<String> ARCHITECTURES = List.of("bert", "nomic-bert");

    public EncoderGraph {
        operations = List.copyOf(operations);
    }

    /** Whether a model is an encoder of a known architecture. */
    public static boolean describes(ModelSource source) {
        return source.metadata().string("general.architecture").filter(ARCHITECTURES::contains).isPresent();
    }

    /**
     * Builds the graph of a model.
     *
     * @throws ModelFormatException
     *             if the architecture is no known encoder, or a tensor is missing or of the wrong shape
     */
    public static EncoderGraph of(ModelSource source) {
        if (!describes(source)) {
            throw new ModelFormatException("%s: architecture '%s' is no encoder; known are %s".formatted(
                    source.location(),
                    ModelFormatException.printable(source.metadata().string("general.architecture").orElse("")),
                    String.join(", ", ARCHITECTURES)));
        }
        return new BertEncoder(ModelConfig.of(source), source).build();
    }

    /** All tensors that the network reads, each once. */
    public Collection<ModelTensor> tensors() {
        Map<String, ModelTensor> tensors = new LinkedHashMap<>();
        for (EncoderOperation operation : operations) {
            List<ModelTensor> read = switch (operation) {
                case Operation.TokenEmbedding embedding -> List.of(embedding.table());
                case EncoderOperation.TokenTypeEmbedding embedding -> List.of(embedding.table());
                case EncoderOperation.PositionEmbedding embedding -> List.of(embedding.table());
                case EncoderOperation.LayerNorm norm -> List.of(norm.gain(), norm.bias());
                case Operation.Projection projection -> projection.bias()
                        .map(bias -> List.of(projection.weight(), bias)).orElse(List.of(projection.weight()));
                case Operation.Rope _,Operation.GatedActivation _,Operation.Add _,EncoderOperation.Activate _,EncoderOperation.FullAttention _ ->
                    List.of();
            };
            read.forEach(tensor -> tensors.put(tensor.name(), tensor));
        }
        return tensors.values();
    }

    /** The size of all projections' weights. */
    public long weightBytes() {
        return operations.stream().mapToLong(operation -> operation instanceof Operation.Projection projection
                ? projection.weight().data().byteSize()
                : 0).sum();
    }
}
