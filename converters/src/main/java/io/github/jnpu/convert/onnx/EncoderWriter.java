package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.graph.EncoderGraph;
import io.github.jnpu.convert.graph.EncoderOperation;
import io.github.jnpu.convert.graph.EncoderOperation.FullAttention;
import io.github.jnpu.convert.graph.EncoderOperation.LayerNorm;
import io.github.jnpu.convert.graph.Operation;
import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.graph.Operation.RopeLayout;
import io.github.jnpu.convert.graph.Operation.TokenEmbedding;
import io.github.jnpu.convert.graph.Value;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.GraphProto.Attribute;
import io.github.jnpu.convert.onnx.OnnxOptions.Products;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.convert.tensor.TensorType;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import static io.github.jnpu.convert.onnx.GraphProto.MICROSOFT;
import static io.github.jnpu.convert.onnx.GraphProto.STANDARD;

/**
 * Prints an encoder as one ONNX graph; what goes in and out is told in {@link EncoderModel}. Attention is written with ONNX's own operations, as every
 * provider has them; products with blocks of weights and rope are ONNX Runtime's ({@code com.microsoft}). For one graph and one thread.
 */
public final class EncoderWriter {
    private final EncoderGraph encoder;
    private final OnnxOptions options;
    private final GraphProto graph = new GraphProto();
    private final ProductNodes products;
    private final Set<String> widened = new LinkedHashSet<>();
    private final RopeTables tables;
    /** By the ids of values: the names under which the printed graph has them. */
    private final Map<Integer, String> names = new HashMap<>();
    private Optional<ModelTensor> outsideTable = Optional.empty();
    private boolean takesPositions;

    private EncoderWriter(EncoderGraph encoder, OnnxOptions options) {
        this.encoder = encoder;
        this.options = options;
        this.products = new ProductNodes(graph, options, widened);
        this.tables = new RopeTables(graph, Math.min(encoder.config().contextLength(), options.maxPositions()));
    }

    /**
     * Prints a graph. No weight is read: that happens when constants are filled.
     *
     * @throws UnwritableGraphException
     *             if something in it cannot be printed
     */
    public static EncoderModel write(EncoderGraph encoder, OnnxOptions options) {
        return new EncoderWriter(encoder, options).write();
    }

    private EncoderModel write() {
        encoder.operations().forEach(this::write);
        graph.input(EncoderModel.ATTENTION_BIAS, ElementType.FLOAT, "texts", 1, 1, "tokens");
        graph.node(STANDARD, "Identity", EncoderModel.LAST_HIDDEN_STATE, List.of(name(encoder.output())));
        graph.output(EncoderModel.LAST_HIDDEN_STATE, ElementType.FLOAT, "texts", "tokens", encoder.output().width());
        return new EncoderModel(graph.toModel(encoder.config().name()), graph.initializers(), outsideTable,
                takesPositions, widened);
    }

    private void write(EncoderOperation operation) {
        switch (operation) {
            case TokenEmbedding embedding -> writeEmbedding(embedding);
            case EncoderOperation.TokenTypeEmbedding types -> add(types.output(), name(types.input()),
                    firstRow(types));
            case EncoderOperation.PositionEmbedding positions -> {
                takePositions();
                add(positions.output(), name(positions.input()),
                        graph.node(STANDARD, "Gather", graph.newName(positions.output().name() + ".rows"),
                                List.of(floats(positions, positions.output(), positions.table()),
                                        EncoderModel.POSITION_IDS)));
            }
            case LayerNorm norm -> graph.node(STANDARD, "LayerNormalization", define(norm.output()),
                    List.of(name(norm.input()), floats(norm, norm.output(), norm.gain()),
                            floats(norm, norm.output(), norm.bias())),
                    Attribute.of("axis", -1L), Attribute.of("epsilon", norm.epsilon()));
            case Operation.Projection projection ->
                products.write(projection, name(projection.input()), define(projection.output()));
            case Operation.Rope rope -> writeRope(rope);
            case FullAttention attention -> writeAttention(attention);
            case Operation.GatedActivation gated -> {
                String output = define(gated.output());
                graph.node(STANDARD, "Mul", output,
                        List.of(activate(gated.activation(), name(gated.gate()), graph.newName(output + ".activated")),
                                name(gated.up())));
            }
            case EncoderOperation.Activate activate ->
                activate(activate.activation(), name(activate.input()), define(activate.output()));
            case Operation.Add add -> add(add.output(), name(add.left()), name(add.right()));
        }
    }

    private void writeEmbedding(TokenEmbedding embedding) {
        ModelTensor table = embedding.table();
        // As for decoders: looking rows up is for the CPU wherever the network runs, and of blocks it is cheaper outside.
        if (options.products() == Products.FUSED && table.type() == TensorType.F32) {
            graph.input(EncoderModel.INPUT_IDS, ElementType.INT64, "texts", "tokens");
            graph.node(STANDARD, "Gather", define(embedding.output()),
                    List.of(graph.initializer(MatrixInitializers.floats(table, false)), EncoderModel.INPUT_IDS));
            return;
        }
        ProductNodes.requireReadable(embedding, embedding.output(), table);
        outsideTable = Optional.of(table);
        names.put(embedding.output().id(), EncoderModel.INPUTS_EMBEDS);
        graph.input(EncoderModel.INPUTS_EMBEDS, ElementType.FLOAT, "texts", "tokens", embedding.output().width());
    }

    private void takePositions() {
        if (!takesPositions) {
            takesPositions = true;
            graph.input(EncoderModel.POSITION_IDS, ElementType.INT64, "tokens");
        }
    }

    private void writeRope(Operation.Rope rope) {
        int turned = 2 * rope.frequencies().inverse().length;
        if (turned != rope.headWidth()) {
            throw ProductNodes.refusal(rope, rope.output(),
                    "turns %d of %d features of a head".formatted(turned, rope.headWidth()));
        }
        // One number: the position of each text's first token.
        graph.node(MICROSOFT, "RotaryEmbedding", define(rope.output()),
                List.of(name(rope.input()), graph.constant("first.position", 0), tables.cosines(rope.frequencies()),
                        tables.sines(rope.frequencies())),
                Attribute.of("interleaved", rope.layout() == RopeLayout.ADJACENT ? 1L : 0L));
    }

    private void writeAttention(FullAttention attention) {
        String output = define(attention.output());
        int width = attention.headWidth();
        String heads = graph.constant("shape.heads." + width, 0, 0, attention.heads(), width);
        String query = heads(output + ".query", attention.query(), heads, 0, 2, 1, 3);
        String key = heads(output + ".key", attention.key(), heads, 0, 2, 3, 1);
        String value = heads(output + ".value", attention.value(), heads, 0, 2, 1, 3);
        String products = graph.node(STANDARD, "MatMul", graph.newName(output + ".products"), List.of(query, key));
        String scaled = graph.node(STANDARD, "Mul", graph.newName(output + ".scaled"),
                List.of(products, graph.scalar("attention.scale." + attention.scale(), attention.scale())));
        String biased = graph.node(STANDARD, "Add", graph.newName(output + ".biased"),
                List.of(scaled, EncoderModel.ATTENTION_BIAS));
        String weights = graph.node(STANDARD, "Softmax", graph.newName(output + ".weights"), List.of(biased),
                Attribute.of("axis", -1L));
        String mixed = graph.node(STANDARD, "MatMul", graph.newName(output + ".mixed"), List.of(weights, value));
        String rows = graph.node(STANDARD, "Transpose", graph.newName(output + ".rows"), List.of(mixed),
                Attribute.ofAll("perm", 0, 2, 1, 3));
        graph.node(STANDARD, "Reshape", output, List.of(rows,
                graph.constant("shape.rows." + attention.output().width(), 0, 0, attention.output().width())));
    }

    private String heads(String label, Value value, String shape, long... order) {
        String heads = graph.node(STANDARD, "Reshape", graph.newName(label + ".heads"), List.of(name(value), shape));
        return graph.node(STANDARD, "Transpose", graph.newName(label + ".turned"), List.of(heads),
                Attribute.ofAll("perm", order));
    }

    private String activate(Activation activation, String input, String output) {
        return switch (activation) {
            case SILU -> graph.node(STANDARD, "Mul", output, List.of(input,
                    graph.node(STANDARD, "Sigmoid", graph.newName(output + ".sigmoid"), List.of(input))));
            case GELU -> graph.node(STANDARD, "Gelu", output, List.of(input), Attribute.of("approximate", "tanh"));
        };
    }

    private void add(Value output, String left, String right) {
        graph.node(STANDARD, "Add", define(output), List.of(left, right));
    }

    private String firstRow(EncoderOperation.TokenTypeEmbedding types) {
        ModelTensor table = types.table();
        ProductNodes.requireReadable(types, types.output(), table);
        int width = types.output().width();
        return graph.initializer(new Initializer(table.name() + ".first", ElementType.FLOAT, new long[]{width},
                (Initializer.Computed) target -> {
                    float[] row = new float[width];
                    Dequantizer.dequantize(table.type(), table.data(), 0, row, 0, width);
                    MemorySegment.copy(row, 0, target, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, width);
                }, false));
    }

    private String floats(Record operation, Value output, ModelTensor tensor) {
        ProductNodes.requireReadable(operation, output, tensor);
        return graph.initializer(MatrixInitializers.floats(tensor, false));
    }

    private String define(Value value) {
        String name = graph.newName(value.name());
        names.put(value.id(), name);
        return name;
    }

    private String name(Value value) {
        return names.get(value.id());
    }
}
