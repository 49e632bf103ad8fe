package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.graph.Operation.Attention;
import io.github.jnpu.convert.graph.Operation.Projection;
import io.github.jnpu.convert.graph.Operation.Rope;
import io.github.jnpu.convert.graph.Operation.RopeLayout;
import io.github.jnpu.convert.graph.RopeFrequencies;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.GraphProto.Attribute;
import io.github.jnpu.convert.tensor.BlockSplit;
import io.github.jnpu.convert.tensor.TensorType;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static io.github.jnpu.convert.onnx.GraphProto.MICROSOFT;
import static io.github.jnpu.convert.onnx.GraphProto.STANDARD;

/**
 * With ONNX Runtime's own operators: MatMulNBits for quantised weights, GroupQueryAttention with rope inside,
 * SimplifiedLayerNormalization.
 */
final class MicrosoftOperators implements Operators {
    /** GroupQueryAttention takes no heads of other widths. */
    private static final int HEAD_MULTIPLE = 8;
    /** Nor turns others by itself. */
    private static final int TURNED_HEAD_MULTIPLE = 16;

    private final Draft draft;
    private final GraphProto graph;
    private final OnnxOptions options;
    /** By the ids of their outputs: turns that the attention does which reads them. */
    private final Map<Integer, Rope> turnedInside = new HashMap<>();

    MicrosoftOperators(Draft draft) {
        this.draft = draft;
        this.graph = draft.graph();
        this.options = draft.options();
    }

    @Override
    public String normalize(String input, String gain, float epsilon, String output) {
        return graph.node(STANDARD, "SimplifiedLayerNormalization", output, List.of(input, gain),
                Attribute.of("axis", -1L), Attribute.of("epsilon", epsilon), Attribute.of("stash_type", 1L));
    }

    @Override
    public void multiply(Projection projection, String product) {
        ModelTensor weight = projection.weight();
        Optional<BlockSplit> split = BlockSplit.of(weight.type());
        if (split.isPresent()) {
            multiplyCodes(projection, split.get(), product);
            return;
        }
        Draft.requireReadable(projection, weight);
        if (weight.type() != TensorType.F32) {
            draft.widened().add(weight.name());
        }
        // A row of the file's matrix is a column of the product's.
        switch (options.products()) {
            case FUSED -> graph.node(MICROSOFT, "FusedMatMul", product,
                    List.of(draft.name(projection.input()), graph.initializer(MatrixInitializers.floats(weight, true))),
                    Attribute.of("transB", 1L));
            case STANDARD -> graph.node(STANDARD, "MatMul", product,
                    List.of(draft.name(projection.input()), graph.initializer(MatrixInitializers.transposed(weight))));
        }
    }

    private void multiplyCodes(Projection projection, BlockSplit split, String product) {
        ModelTensor weight = projection.weight();
        String input = draft.name(projection.input());
        String scaled = split.hasOffsets() ? graph.newName(product + ".scaled") : product;
        graph.node(MICROSOFT, "MatMulNBits", scaled,
                List.of(input, graph.initializer(MatrixInitializers.codes(weight, split)),
                        graph.initializer(MatrixInitializers.scales(weight, split))),
                Attribute.of("K", (long) weight.columns()), Attribute.of("N", (long) weight.rows()),
                Attribute.of("bits", (long) split.bits()), Attribute.of("block_size", (long) split.blockLength()),
                Attribute.of("accuracy_level", (long) options.accuracy().level()));
        if (split.hasOffsets()) {
            String offset = graph.node(MICROSOFT, "FusedMatMul", graph.newName(product + ".offset"),
                    List.of(draft.blockSums(input, weight.columns(), split.blockLength()),
                            graph.initializer(MatrixInitializers.offsets(weight, split))),
                    Attribute.of("transB", 1L));
            graph.node(STANDARD, "Add", product, List.of(scaled, offset));
        }
    }

    @Override
    public void turn(Rope rope) {
        int turned = 2 * rope.frequencies().inverse().length;
        if (rope.headWidth() % TURNED_HEAD_MULTIPLE == 0 && turned % TURNED_HEAD_MULTIPLE == 0) {
            turnedInside.put(rope.output().id(), rope);
            draft.leaveOut(rope.output(),
                    "rope '%s' is read by something else than attention".formatted(rope.output().name()));
            return;
        }
        if (turned != rope.headWidth()) {
            throw Draft.refusal(rope, "turns %d of %d features of a head".formatted(turned, rope.headWidth()));
        }
        graph.input(OnnxModel.POSITION, ElementType.INT64, 1);
        graph.node(MICROSOFT, "RotaryEmbedding", draft.define(rope.output()),
                List.of(draft.name(rope.input()), OnnxModel.POSITION, draft.tables().cosines(rope.frequencies()),
                        draft.tables().sines(rope.frequencies())),
                Attribute.of("interleaved", interleaved(rope)));
    }

    /** None: they are tables in the graph. */
    @Override
    public List<RopeFrequencies> frequencies() {
        return List.of();
    }

    private static long interleaved(Rope rope) {
        return rope.layout() == RopeLayout.ADJACENT ? 1 : 0;
    }

    @Override
    public void attend(Attention attention) {
        if (attention.keyWidth() != attention.valueWidth() || attention.keyWidth() % HEAD_MULTIPLE != 0) {
            throw Draft.refusal(attention, "has heads of %d and %d features, not the same multiple of %d".formatted(
                    attention.keyWidth(), attention.valueWidth(), HEAD_MULTIPLE));
        }
        Rope queryRope = turnedInside.get(attention.query().id());
        Rope keyRope = turnedInside.get(attention.key().id());
        if ((queryRope == null) != (keyRope == null) || queryRope != null && (queryRope.layout() != keyRope.layout()
                || !queryRope.frequencies().equals(keyRope.frequencies()))) {
            throw Draft.refusal(attention, "turns queries and keys in different ways");
        }
        int layer = attention.layer();
        List<String> inputs = new ArrayList<>(
                List.of(draft.name(queryRope == null ? attention.query() : queryRope.input()),
                        draft.name(keyRope == null ? attention.key() : keyRope.input()), draft.name(attention.value()),
                        OnnxModel.pastKey(layer), OnnxModel.pastValue(layer), OnnxModel.SEQUENCE_LENGTHS,
                        OnnxModel.TOTAL_LENGTH));
        List<Attribute> attributes = new ArrayList<>(List.of(Attribute.of("num_heads", (long) attention.heads()),
                Attribute.of("kv_num_heads", (long) attention.keyValueHeads()),
                Attribute.of("scale", attention.scale())));
        if (queryRope != null) {
            inputs.add(draft.tables().cosines(queryRope.frequencies()));
            inputs.add(draft.tables().sines(queryRope.frequencies()));
            attributes.add(Attribute.of("do_rotary", 1L));
            attributes.add(Attribute.of("rotary_interleaved", interleaved(queryRope)));
        }
        graph.node(MICROSOFT, "GroupQueryAttention", List.of(draft.define(attention.output()),
                OnnxModel.presentKey(layer), OnnxModel.presentValue(layer)), inputs,
                attributes.toArray(Attribute[]::new));
        graph.input(OnnxModel.SEQUENCE_LENGTHS, ElementType.INT32, 1);
        graph.input(OnnxModel.TOTAL_LENGTH, ElementType.INT32);
        Object[] cache = {1, attention.keyValueHeads(), "capacity", attention.keyWidth()};
        graph.input(OnnxModel.pastKey(layer), ElementType.FLOAT, cache);
        graph.input(OnnxModel.pastValue(layer), ElementType.FLOAT, cache);
        graph.output(OnnxModel.presentKey(layer), ElementType.FLOAT, cache);
        graph.output(OnnxModel.presentValue(layer), ElementType.FLOAT, cache);
    }

    @Override
    public String rowsWithLogits(String stream) {
        graph.input(OnnxModel.LOGITS_START, ElementType.INT64, 1);
        return graph.node(STANDARD, "Slice", graph.newName("logits_hidden"), List.of(stream, OnnxModel.LOGITS_START,
                graph.constant("slice.ends", Long.MAX_VALUE), graph.constant("slice.axes", 1)));
    }
}
