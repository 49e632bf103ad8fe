package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.Operation;
import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.graph.Operation.Attention;
import io.github.jnpu.convert.graph.Operation.GatedActivation;
import io.github.jnpu.convert.graph.Operation.Projection;
import io.github.jnpu.convert.graph.Operation.RmsNorm;
import io.github.jnpu.convert.graph.Operation.Rope;
import io.github.jnpu.convert.graph.Operation.RopeLayout;
import io.github.jnpu.convert.graph.Operation.TokenEmbedding;
import io.github.jnpu.convert.graph.Value;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.GraphProto.Attribute;
import io.github.jnpu.convert.onnx.OnnxOptions.Products;
import io.github.jnpu.convert.tensor.BlockSplit;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.convert.tensor.TensorType;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import static io.github.jnpu.convert.onnx.GraphProto.MICROSOFT;
import static io.github.jnpu.convert.onnx.GraphProto.STANDARD;

/**
 * Prints a decoder as one ONNX graph, opset 21 with ONNX Runtime's own operators ({@code com.microsoft}): MatMulNBits for
 * quantised weights, GroupQueryAttention with rope inside, SimplifiedLayerNormalization. What goes in and out is told in
 * {@link OnnxModel}. For one graph and one thread.
 *
 * <p>Weights of the types that {@link BlockSplit} knows keep what they say, offsets as a product of their own with the sums of the
 * input's blocks. Weights of all other types become floats, four bytes each: {@link OnnxModel#widened}.
 */
public final class OnnxWriter {
    /** GroupQueryAttention takes no heads of other widths. */
    private static final int HEAD_MULTIPLE = 8;
    /** Nor turns others by itself. */
    private static final int TURNED_HEAD_MULTIPLE = 16;

    private final DecoderGraph decoder;
    private final ModelConfig config;
    private final OnnxOptions options;
    private final GraphProto graph = new GraphProto();
    private final RopeTables tables;
    private final int positions;
    /** By the ids of values: the names under which the printed graph has them. */
    private final Map<Integer, String> names = new HashMap<>();
    /** By the ids of their outputs: turns that the attention does which reads them. */
    private final Map<Integer, Rope> turnedInside = new HashMap<>();
    private final ProductNodes products;
    private Optional<ModelTensor> outsideTable = Optional.empty();
    private boolean takesPosition;

    private OnnxWriter(DecoderGraph decoder, OnnxOptions options) {
        this.decoder = decoder;
        this.config = decoder.config();
        this.options = options;
        this.positions = Math.min(config.contextLength(), options.maxPositions());
        this.tables = new RopeTables(graph, positions);
        this.products = new ProductNodes(graph, options);
    }

    /**
     * Prints a graph. No weight is read: that happens when constants are filled.
     *
     * @throws UnwritableGraphException
     *             if something in it cannot be printed
     */
    public static OnnxModel write(DecoderGraph decoder, OnnxOptions options) {
        return new OnnxWriter(decoder, options).write();
    }

    private OnnxModel write() {
        write(decoder.entry());
        graph.input(OnnxModel.SEQUENCE_LENGTHS, ElementType.INT32, 1);
        graph.input(OnnxModel.TOTAL_LENGTH, ElementType.INT32);
        graph.input(OnnxModel.LOGITS_START, ElementType.INT64, 1);
        decoder.layers().forEach(layer -> layer.operations().forEach(this::write));
        writeHead();
        if (takesPosition) {
            graph.input(OnnxModel.POSITION, ElementType.INT64, 1);
        }
        return new OnnxModel(graph.toModel(config.name()), graph.initializers(), outsideTable, takesPosition, positions,
                products.widened());
    }

    /** Only the tokens whose logits are asked for reach the head. */
    private void writeHead() {
        DecoderGraph.Head head = decoder.head().orElseThrow(
                () -> new UnwritableGraphException(
                        "a part of a network without a head: there is no ONNX form for that"));
        names.put(head.input().id(), graph.node(STANDARD, "Slice", graph.newName("logits_hidden"),
                List.of(name(head.input()), OnnxModel.LOGITS_START, graph.constant("slice.ends", Long.MAX_VALUE),
                        graph.constant("slice.axes", 1))));
        head.operations().forEach(this::write);
        graph.node(STANDARD, "Identity", OnnxModel.LOGITS, List.of(name(head.output())));
        graph.output(OnnxModel.LOGITS, ElementType.FLOAT, 1, "logit_rows", head.output().width());
    }

    private void write(Operation operation) {
        switch (operation) {
            case TokenEmbedding embedding -> writeEmbedding(embedding);
            case Operation.StreamInput stream ->
                throw ProductNodes.refusal(stream, stream.output(), "comes from another part of the network");
            case RmsNorm norm -> writeNorm(norm);
            case Projection projection -> writeProjection(projection);
            case Rope rope -> writeRope(rope);
            case Attention attention -> writeAttention(attention);
            case GatedActivation gated -> writeActivation(gated);
            case Operation.Add add -> graph.node(STANDARD, "Add", define(add.output()),
                    List.of(name(add.left()), name(add.right())));
        }
    }

    private void writeEmbedding(TokenEmbedding embedding) {
        ModelTensor table = embedding.table();
        // Looking rows up is for the CPU wherever the network runs.
        boolean inside = options.products() == Products.FUSED;
        switch (table.type()) {
            case TensorType type when inside && type == TensorType.F32 ->
                lookUp(embedding, MatrixInitializers.floats(table, false));
            case TensorType type when inside && type == TensorType.F16 ->
                lookUp(embedding, MatrixInitializers.halves(table));
            // ONNX Runtime could only look up in a widened table, eight times as large; of a quantised one a
            // run needs a few rows.
            default -> {
                ProductNodes.requireReadable(embedding, embedding.output(), table);
                outsideTable = Optional.of(table);
                names.put(embedding.output().id(), OnnxModel.INPUTS_EMBEDS);
                graph.input(OnnxModel.INPUTS_EMBEDS, ElementType.FLOAT, 1, "tokens", embedding.output().width());
            }
        }
    }

    private void lookUp(TokenEmbedding embedding, Initializer table) {
        graph.input(OnnxModel.INPUT_IDS, ElementType.INT64, 1, "tokens");
        String constant = graph.initializer(table);
        String output = define(embedding.output());
        if (table.type() == ElementType.FLOAT) {
            graph.node(STANDARD, "Gather", output, List.of(constant, OnnxModel.INPUT_IDS));
        } else {
            String rows = graph.node(STANDARD, "Gather", graph.newName(output + ".f16"),
                    List.of(constant, OnnxModel.INPUT_IDS));
            graph.node(STANDARD, "Cast", output, List.of(rows), Attribute.of("to", (long) ElementType.FLOAT.id()));
        }
    }

    private void writeNorm(RmsNorm norm) {
        ProductNodes.requireReadable(norm, norm.output(), norm.gain());
        String gain = graph.initializer(MatrixInitializers.floats(norm.gain(), false));
        int width = norm.gain().columns();
        String output = define(norm.output());
        if (width == norm.input().width()) {
            normalize(name(norm.input()), gain, norm.epsilon(), output);
            return;
        }
        // Each head by itself: heads become rows and rows again.
        String heads = graph.node(STANDARD, "Reshape", graph.newName(output + ".heads"),
                List.of(name(norm.input()), graph.constant("shape.heads." + width, 0, -1, width)));
        String normed = normalize(heads, gain, norm.epsilon(), graph.newName(output + ".normed"));
        int rowWidth = norm.output().width();
        graph.node(STANDARD, "Reshape", output,
                List.of(normed, graph.constant("shape.rows." + rowWidth, 0, -1, rowWidth)));
    }

    private String normalize(String input, String gain, float epsilon, String output) {
        return graph.node(STANDARD, "SimplifiedLayerNormalization", output, List.of(input, gain),
                Attribute.of("axis", -1L), Attribute.of("epsilon", epsilon), Attribute.of("stash_type", 1L));
    }

    private void writeProjection(Projection projection) {
        products.write(projection, name(projection.input()), define(projection.output()));
    }

    private void writeRope(Rope rope) {
        int turned = 2 * rope.frequencies().inverse().length;
        if (rope.headWidth() % TURNED_HEAD_MULTIPLE == 0 && turned % TURNED_HEAD_MULTIPLE == 0) {
            turnedInside.put(rope.output().id(), rope);
            return;
        }
        if (turned != rope.headWidth()) {
            throw ProductNodes.refusal(rope, rope.output(),
                    "turns %d of %d features of a head".formatted(turned, rope.headWidth()));
        }
        takesPosition = true;
        graph.node(MICROSOFT, "RotaryEmbedding", define(rope.output()),
                List.of(name(rope.input()), OnnxModel.POSITION, tables.cosines(rope.frequencies()),
                        tables.sines(rope.frequencies())),
                Attribute.of("interleaved", interleaved(rope)));
    }

    private static long interleaved(Rope rope) {
        return rope.layout() == RopeLayout.ADJACENT ? 1 : 0;
    }

    private void writeAttention(Attention attention) {
        if (attention.keyWidth() != attention.valueWidth() || attention.keyWidth() % HEAD_MULTIPLE != 0) {
            throw ProductNodes.refusal(attention, attention.output(),
                    "has heads of %d and %d features, not the same multiple of %d".formatted(
                            attention.keyWidth(), attention.valueWidth(), HEAD_MULTIPLE));
        }
        if (attention.slidingWindow() != 0) {
            throw ProductNodes.refusal(attention, attention.output(),
                    "sees a sliding window of %d positions".formatted(attention.slidingWindow()));
        }
        Rope queryRope = turnedInside.get(attention.query().id());
        Rope keyRope = turnedInside.get(attention.key().id());
        if ((queryRope == null) != (keyRope == null) || queryRope != null && (queryRope.layout() != keyRope.layout()
                || !queryRope.frequencies().equals(keyRope.frequencies()))) {
            throw ProductNodes.refusal(attention, attention.output(), "turns queries and keys in different ways");
        }
        int layer = attention.layer();
        List<String> inputs = new ArrayList<>(List.of(name(queryRope == null ? attention.query() : queryRope.input()),
                name(keyRope == null ? attention.key() : keyRope.input()), name(attention.value()),
                OnnxModel.pastKey(layer), OnnxModel.pastValue(layer), OnnxModel.SEQUENCE_LENGTHS,
                OnnxModel.TOTAL_LENGTH));
        List<Attribute> attributes = new ArrayList<>(List.of(Attribute.of("num_heads", (long) attention.heads()),
                Attribute.of("kv_num_heads", (long) attention.keyValueHeads()),
                Attribute.of("scale", attention.scale())));
        if (queryRope != null) {
            inputs.add(tables.cosines(queryRope.frequencies()));
            inputs.add(tables.sines(queryRope.frequencies()));
            attributes.add(Attribute.of("do_rotary", 1L));
            attributes.add(Attribute.of("rotary_interleaved", interleaved(queryRope)));
        }
        graph.node(MICROSOFT, "GroupQueryAttention", List.of(define(attention.output()), OnnxModel.presentKey(layer),
                OnnxModel.presentValue(layer)), inputs, attributes.toArray(Attribute[]::new));
        Object[] cache = {1, attention.keyValueHeads(), "capacity", attention.keyWidth()};
        graph.input(OnnxModel.pastKey(layer), ElementType.FLOAT, cache);
        graph.input(OnnxModel.pastValue(layer), ElementType.FLOAT, cache);
        graph.output(OnnxModel.presentKey(layer), ElementType.FLOAT, cache);
        graph.output(OnnxModel.presentValue(layer), ElementType.FLOAT, cache);
    }

    private void writeActivation(GatedActivation gated) {
        String output = define(gated.output());
        String gate = name(gated.gate());
        String activated = graph.newName(output + ".activated");
        if (gated.activation() == Activation.SILU) {
            String sigmoid = graph.node(STANDARD, "Sigmoid", graph.newName(output + ".sigmoid"), List.of(gate));
            graph.node(STANDARD, "Mul", activated, List.of(gate, sigmoid));
        } else {
            graph.node(STANDARD, "Gelu", activated, List.of(gate), Attribute.of("approximate", "tanh"));
        }
        graph.node(STANDARD, "Mul", output, List.of(activated, name(gated.up())));
    }

    private String define(Value value) {
        String name = graph.newName(value.name());
        names.put(value.id(), name);
        return name;
    }

    private String name(Value value) {
        String name = names.get(value.id());
        if (name == null) {
            throw new UnwritableGraphException(turnedInside.containsKey(value.id())
                    ? "rope '%s' is read by something else than attention".formatted(value.name())
                    : "value '%s' is read before it is made".formatted(value.name()));
        }
        return name;
    }
}
