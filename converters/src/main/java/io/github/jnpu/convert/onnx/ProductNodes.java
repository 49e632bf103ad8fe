package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.graph.Operation.Projection;
import io.github.jnpu.convert.graph.Value;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.GraphProto.Attribute;
import io.github.jnpu.convert.tensor.BlockSplit;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.convert.tensor.TensorType;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import static io.github.jnpu.convert.onnx.GraphProto.MICROSOFT;
import static io.github.jnpu.convert.onnx.GraphProto.STANDARD;

/** Prints products with weight matrices into a graph; inputs are [texts, tokens, width]. For one graph and one thread. */
final class ProductNodes {
    private final GraphProto graph;
    private final OnnxOptions options;
    /** By the names of inputs and the lengths of blocks: the names of their sums. */
    private final Map<String, String> sums = new HashMap<>();
    private final Set<String> widened;

    /**
     * @param widened
     *            receives the names of weights that became floats
     */
    ProductNodes(GraphProto graph, OnnxOptions options, Set<String> widened) {
        this.graph = graph;
        this.options = options;
        this.widened = widened;
    }

    /** A projection with its bias from one named result to another. */
    void write(Projection projection, String input, String output) {
        Optional<ModelTensor> bias = projection.bias();
        String product = bias.isPresent() ? graph.newName(output + ".product") : output;
        multiply(projection, input, product);
        bias.ifPresent(tensor -> {
            requireReadable(projection, projection.output(), tensor);
            graph.node(STANDARD, "Add", output,
                    List.of(product, graph.initializer(MatrixInitializers.floats(tensor, false))));
        });
    }

    /** A projection without its bias. */
    void multiply(Projection projection, String input, String product) {
        ModelTensor weight = projection.weight();
        Optional<BlockSplit> split = BlockSplit.of(weight.type());
        if (split.isPresent()) {
            multiplyCodes(weight, split.get(), input, product);
        } else {
            requireReadable(projection, projection.output(), weight);
            if (weight.type() != TensorType.F32) {
                widened.add(weight.name());
            }
            // A row of the file's matrix is a column of the product's.
            switch (options.products()) {
                case FUSED -> graph.node(MICROSOFT, "FusedMatMul", product,
                        List.of(input, graph.initializer(MatrixInitializers.floats(weight, true))),
                        Attribute.of("transB", 1L));
                case STANDARD -> graph.node(STANDARD, "MatMul", product,
                        List.of(input, graph.initializer(MatrixInitializers.transposed(weight))));
            }
        }
    }

    private void multiplyCodes(ModelTensor weight, BlockSplit split, String input, String product) {
        String scaled = split.hasOffsets() ? graph.newName(product + ".scaled") : product;
        graph.node(MICROSOFT, "MatMulNBits", scaled,
                List.of(input, graph.initializer(MatrixInitializers.codes(weight, split)),
                        graph.initializer(MatrixInitializers.scales(weight, split))),
                Attribute.of("K", (long) weight.columns()), Attribute.of("N", (long) weight.rows()),
                Attribute.of("bits", (long) split.bits()), Attribute.of("block_size", (long) split.blockLength()),
                Attribute.of("accuracy_level", (long) options.accuracy().level()));
        if (split.hasOffsets()) {
            String offset = graph.node(MICROSOFT, "FusedMatMul", graph.newName(product + ".offset"),
                    List.of(blockSums(input, weight.columns(), split.blockLength()),
                            graph.initializer(MatrixInitializers.offsets(weight, split))),
                    Attribute.of("transB", 1L));
            graph.node(STANDARD, "Add", product, List.of(scaled, offset));
        }
    }

    /** The sums of an input's blocks, [texts, tokens, width / block]; made once for all products that read it. */
    private String blockSums(String input, int width, int block) {
        return sums.computeIfAbsent(input + "/" + block, _ -> {
            String blocks = graph.node(STANDARD, "Reshape", graph.newName(input + ".blocks"), List.of(input,
                    graph.constant("shape.blocks.%d.%d".formatted(width, block), 0, -1, width / block, block)));
            return graph.node(STANDARD, "ReduceSum", graph.newName(input + ".sums"),
                    List.of(blocks, graph.constant("sum.axes", 3)), Attribute.of("keepdims", 0L));
        });
    }

    /**
     * @param operation
     *            whose class says what it is
     */
    static void requireReadable(Record operation, Value output, ModelTensor tensor) {
        if (!Dequantizer.supports(tensor.type())) {
            throw refusal(operation, output, "reads tensor '%s' of type %s".formatted(tensor.name(), tensor.type()));
        }
    }

    static UnwritableGraphException refusal(Record operation, Value output, String what) {
        return new UnwritableGraphException("%s '%s' %s: there is no ONNX form for that".formatted(
                operation.getClass().getSimpleName(), output.name(), what));
    }
}
