package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.Operation;
import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.graph.Operation.Attention;
import io.github.jnpu.convert.graph.Operation.GatedActivation;
import io.github.jnpu.convert.graph.Operation.Projection;
import io.github.jnpu.convert.graph.Operation.RmsNorm;
import io.github.jnpu.convert.graph.Operation.Rope;
import io.github.jnpu.convert.graph.Operation.StreamInput;
import io.github.jnpu.convert.graph.Operation.TokenEmbedding;
import io.github.jnpu.convert.graph.Value;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.GraphProto.Attribute;
import io.github.jnpu.convert.onnx.OnnxOptions.Dialect;
import io.github.jnpu.convert.onnx.OnnxOptions.Products;
import io.github.jnpu.convert.tensor.BlockSplit;
import io.github.jnpu.convert.tensor.TensorType;

import java.util.List;
import java.util.Optional;

import static io.github.jnpu.convert.onnx.Draft.TOKENS;
import static io.github.jnpu.convert.onnx.GraphProto.STANDARD;

/**
 * Prints a decoder, or a part of one, as one ONNX graph of opset 21 in one of two dialects: with ONNX Runtime's own operators, or of plain
 * operators that every device knows. What goes in and out is told in {@link OnnxModel}. For one graph and one thread.
 *
 * <p>Weights of the types that {@link BlockSplit} knows keep what they say, offsets as a product of their own with the sums of the
 * input's blocks. Weights of all other types become floats, four bytes each: {@link OnnxModel#widened}. {@link OnnxOptions.Weights} has
 * other choices for the plain dialect.
 */
public final class OnnxWriter {
    private final DecoderGraph decoder;
    private final OnnxOptions options;
    private final Draft draft;
    private final GraphProto graph;
    private final Operators operators;
    private Optional<ModelTensor> outsideTable = Optional.empty();

    private OnnxWriter(DecoderGraph decoder, OnnxOptions options) {
        this.decoder = decoder;
        this.options = options;
        this.draft = new Draft(decoder, options);
        this.graph = draft.graph();
        this.operators = switch (options.dialect()) {
            case MICROSOFT -> new MicrosoftOperators(draft);
            case STANDARD -> new StandardOperators(draft);
        };
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
        Value output = decoder.output();
        boolean logits = decoder.head().isPresent();
        // Named before it is made: a node that only renames is one that a device may not have.
        draft.comesOut(output, logits ? OnnxModel.LOGITS : OnnxModel.HIDDEN_STATES_OUT);
        write(decoder.entry());
        decoder.layers().forEach(layer -> layer.operations().forEach(this::write));
        decoder.head().ifPresent(this::writeHead);
        Object rows = logits ? options.shape().<Object>map(_ -> 1).orElse("logit_rows") : draft.tokens();
        graph.output(draft.name(output), ElementType.FLOAT, 1, rows, output.width());
        return new OnnxModel(graph.toModel(decoder.config().name()), graph.initializers(), outsideTable,
                graph.inputNames(), graph.outputNames(), operators.frequencies(), draft.positions(), draft.widened());
    }

    /** Only the tokens whose logits are asked for reach the head. */
    private void writeHead(DecoderGraph.Head head) {
        draft.define(head.input(), operators.rowsWithLogits(draft.name(head.input())));
        head.operations().forEach(this::write);
    }

    private void write(Operation operation) {
        switch (operation) {
            case TokenEmbedding embedding -> writeEmbedding(embedding);
            case StreamInput stream -> writeRows(stream, OnnxModel.HIDDEN_STATES);
            case RmsNorm norm -> writeNorm(norm);
            case Projection projection -> writeProjection(projection);
            case Rope rope -> operators.turn(rope);
            case Attention attention -> writeAttention(attention);
            case GatedActivation gated -> writeActivation(gated);
            case Operation.Add add -> graph.node(STANDARD, "Add", draft.define(add.output()),
                    List.of(draft.name(add.left()), draft.name(add.right())));
        }
    }

    private void writeEmbedding(TokenEmbedding embedding) {
        ModelTensor table = embedding.table();
        // Looking rows up is for the CPU wherever the network runs.
        boolean inside = options.dialect() == Dialect.MICROSOFT && options.products() == Products.FUSED;
        switch (table.type()) {
            case TensorType type when inside && type == TensorType.F32 ->
                lookUp(embedding, MatrixInitializers.floats(table, false));
            case TensorType type when inside && type == TensorType.F16 ->
                lookUp(embedding, MatrixInitializers.halves(table));
            // ONNX Runtime could only look up in a widened table, eight times as large; of a quantised one a
            // run needs a few rows.
            default -> {
                Draft.requireReadable(embedding, table);
                outsideTable = Optional.of(table);
                writeRows(embedding, OnnxModel.INPUTS_EMBEDS);
            }
        }
    }

    /** What a run brings, one row a token. */
    private void writeRows(Operation.Entry entry, String name) {
        draft.define(entry.output(), name);
        graph.input(name, ElementType.FLOAT, 1, draft.tokens(), entry.output().width());
    }

    private void lookUp(TokenEmbedding embedding, Initializer table) {
        graph.input(OnnxModel.INPUT_IDS, ElementType.INT64, 1, draft.tokens());
        String constant = graph.initializer(table);
        String output = draft.define(embedding.output());
        if (table.type() == ElementType.FLOAT) {
            graph.node(STANDARD, "Gather", output, List.of(constant, OnnxModel.INPUT_IDS));
        } else {
            String rows = graph.node(STANDARD, "Gather", graph.newName(output + ".f16"),
                    List.of(constant, OnnxModel.INPUT_IDS));
            graph.node(STANDARD, "Cast", output, List.of(rows), Attribute.of("to", (long) ElementType.FLOAT.id()));
        }
    }

    private void writeNorm(RmsNorm norm) {
        Draft.requireReadable(norm, norm.gain());
        String gain = graph.initializer(MatrixInitializers.floats(norm.gain(), false));
        int width = norm.gain().columns();
        int rowWidth = norm.input().width();
        if (width == rowWidth) {
            operators.normalize(draft.name(norm.input()), gain, norm.epsilon(), draft.define(norm.output()));
            return;
        }
        // Each head by itself: heads become rows and rows again.
        String name = norm.output().name();
        String heads = draft.reshape(draft.name(norm.input()), name + ".heads", 1, TOKENS, rowWidth / width, width);
        String normed = operators.normalize(heads, gain, norm.epsilon(), graph.newName(name + ".normed"));
        draft.define(norm.output(), draft.reshape(normed, name, 1, TOKENS, rowWidth));
    }

    private void writeProjection(Projection projection) {
        String output = draft.define(projection.output());
        Optional<ModelTensor> bias = projection.bias();
        String product = bias.isPresent() ? graph.newName(output + ".product") : output;
        operators.multiply(projection, product);
        bias.ifPresent(tensor -> {
            Draft.requireReadable(projection, tensor);
            graph.node(STANDARD, "Add", output,
                    List.of(product, graph.initializer(MatrixInitializers.floats(tensor, false))));
        });
    }

    private void writeAttention(Attention attention) {
        if (attention.slidingWindow() != 0) {
            throw Draft.refusal(attention,
                    "sees a sliding window of %d positions".formatted(attention.slidingWindow()));
        }
        operators.attend(attention);
    }

    private void writeActivation(GatedActivation gated) {
        String output = draft.define(gated.output());
        String gate = draft.name(gated.gate());
        String activated = graph.newName(output + ".activated");
        if (gated.activation() == Activation.SILU) {
            String sigmoid = graph.node(STANDARD, "Sigmoid", graph.newName(output + ".sigmoid"), List.of(gate));
            graph.node(STANDARD, "Mul", activated, List.of(gate, sigmoid));
        } else {
            graph.node(STANDARD, "Gelu", activated, List.of(gate), Attribute.of("approximate", "tanh"));
        }
        graph.node(STANDARD, "Mul", output, List.of(activated, draft.name(gated.up())));
    }
}
