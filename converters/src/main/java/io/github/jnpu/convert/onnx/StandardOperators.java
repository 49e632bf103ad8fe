package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.graph.Operation.Attention;
import io.github.jnpu.convert.graph.Operation.Projection;
import io.github.jnpu.convert.graph.Operation.Rope;
import io.github.jnpu.convert.graph.Operation.RopeLayout;
import io.github.jnpu.convert.graph.RopeFrequencies;
import io.github.jnpu.convert.graph.Value;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.GraphProto.Attribute;
import io.github.jnpu.convert.onnx.OnnxOptions.FixedShape;
import io.github.jnpu.convert.onnx.OnnxOptions.Weights;
import io.github.jnpu.convert.tensor.BlockSplit;
import io.github.jnpu.convert.tensor.TensorType;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static io.github.jnpu.convert.onnx.Draft.TOKENS;
import static io.github.jnpu.convert.onnx.GraphProto.STANDARD;

/**
 * With ONNX's own operators, of those the plain ones that devices with a compiler of their own know: no tensor has more than four axes, no size
 * depends on a number, and nothing is looked up by an index, which CoreML's programs cannot. So the run brings angles, and chooses rows by a product.
 */
final class StandardOperators implements Operators {
    private final Draft draft;
    private final GraphProto graph;
    private final OnnxOptions options;
    private final List<RopeFrequencies> frequencies = new ArrayList<>();
    /** By the names of angles and the place of pairs: the names of the run's angles in that shape. */
    private final Map<String, String> angles = new HashMap<>();
    /** The name of the cache's capacity where it is open. */
    private String pastLength;

    StandardOperators(Draft draft) {
        this.draft = draft;
        this.graph = draft.graph();
        this.options = draft.options();
    }

    private String node(String type, String output, List<String> inputs, Attribute... attributes) {
        return graph.node(STANDARD, type, graph.newName(output), inputs, attributes);
    }

    /** {@code x / sqrt(mean(x * x) + epsilon) * gain}. */
    @Override
    public String normalize(String input, String gain, float epsilon, String output) {
        String squares = node("Mul", output + ".squares", List.of(input, input));
        String mean = node("ReduceMean", output + ".mean", List.of(squares, graph.constant("last.axis", -1L)),
                Attribute.of("keepdims", 1L));
        String shifted = node("Add", output + ".shifted",
                List.of(mean, graph.scalar("epsilon." + epsilon, epsilon)));
        String root = node("Sqrt", output + ".root", List.of(shifted));
        String scaled = node("Div", output + ".scaled", List.of(input, root));
        return graph.node(STANDARD, "Mul", output, List.of(scaled, gain));
    }

    @Override
    public void multiply(Projection projection, String product) {
        ModelTensor weight = projection.weight();
        String input = draft.name(projection.input());
        Optional<BlockSplit> split = BlockSplit.of(weight.type());
        if (options.weights() == Weights.BLOCKS && split.isPresent()) {
            multiplyCodes(input, weight, split.get(), product);
            return;
        }
        Draft.requireReadable(projection, weight);
        String matrix;
        if (options.weights() == Weights.CHANNELS) {
            matrix = node("DequantizeLinear", weight.name(),
                    List.of(graph.initializer(TransposedInitializers.channelCodes(weight)),
                            graph.initializer(TransposedInitializers.channelScales(weight))),
                    Attribute.of("axis", 1L));
        } else {
            if (weight.type() != TensorType.F32) {
                draft.widened().add(weight.name());
            }
            matrix = graph.initializer(MatrixInitializers.transposed(weight));
        }
        graph.node(STANDARD, "MatMul", product, List.of(input, matrix));
    }

    private void multiplyCodes(String input, ModelTensor weight, BlockSplit split, String product) {
        String matrix = node("DequantizeLinear", weight.name(),
                List.of(graph.initializer(TransposedInitializers.codes(weight, split)),
                        graph.initializer(TransposedInitializers.scales(weight, split))),
                Attribute.of("axis", 0L), Attribute.of("block_size", (long) split.blockLength()));
        if (!split.hasOffsets()) {
            graph.node(STANDARD, "MatMul", product, List.of(input, matrix));
            return;
        }
        String scaled = node("MatMul", product + ".scaled", List.of(input, matrix));
        String offset = node("MatMul", product + ".offset",
                List.of(draft.blockSums(input, weight.columns(), split.blockLength()),
                        graph.initializer(TransposedInitializers.offsets(weight, split))));
        graph.node(STANDARD, "Add", product, List.of(scaled, offset));
    }

    /** Both of a pair lie in halves of a head, or side by side: a reshape makes them places 0 and 1 of one axis. */
    @Override
    public void turn(Rope rope) {
        String name = rope.output().name();
        int pairs = rope.frequencies().inverse().length;
        int heads = rope.input().width() / rope.headWidth();
        boolean adjacent = rope.layout() == RopeLayout.ADJACENT;
        String input = draft.name(rope.input());
        String turning = input;
        String rest = null;
        if (2 * pairs < rope.headWidth()) {
            String all = draft.reshape(input, name + ".heads", 1, TOKENS, heads, rope.headWidth());
            turning = slice(all, name + ".turning", 3, 0, 2 * pairs);
            rest = slice(all, name + ".rest", 3, 2 * pairs, rope.headWidth());
        }
        int axis = adjacent ? 3 : 2;
        String paired = adjacent
                ? draft.reshape(turning, name + ".pairs", TOKENS, heads, pairs, 2)
                : draft.reshape(turning, name + ".pairs", TOKENS, heads, 2, pairs);
        String first = slice(paired, name + ".first", axis, 0, 1);
        String second = slice(paired, name + ".second", axis, 1, 2);
        if (!frequencies.contains(rope.frequencies())) {
            frequencies.add(rope.frequencies());
        }
        int number = frequencies.indexOf(rope.frequencies());
        String cosines = angles(OnnxModel.cosines(number), pairs, adjacent);
        String sines = angles(OnnxModel.sines(number), pairs, adjacent);
        String turnedFirst = node("Sub", name + ".first_turned",
                List.of(node("Mul", name + ".first_cos", List.of(first, cosines)),
                        node("Mul", name + ".second_sin", List.of(second, sines))));
        String turnedSecond = node("Add", name + ".second_turned",
                List.of(node("Mul", name + ".second_cos", List.of(second, cosines)),
                        node("Mul", name + ".first_sin", List.of(first, sines))));
        String turned = node("Concat", name + ".turned", List.of(turnedFirst, turnedSecond),
                Attribute.of("axis", (long) axis));
        if (rest != null) {
            String heading = draft.reshape(turned, name + ".turned_heads", 1, TOKENS, heads, 2 * pairs);
            turned = node("Concat", name + ".all", List.of(heading, rest), Attribute.of("axis", 3L));
        }
        draft.define(rope.output(), draft.reshape(turned, name, 1, TOKENS, rope.output().width()));
    }

    /** What a run brings for its positions, shaped for pairs; once for all heads that turn alike. */
    private String angles(String name, int pairs, boolean adjacent) {
        return angles.computeIfAbsent(name + adjacent, _ -> {
            graph.input(name, ElementType.FLOAT, draft.tokens(), pairs);
            return adjacent
                    ? draft.reshape(name, name + ".pairs", TOKENS, 1, pairs, 1)
                    : draft.reshape(name, name + ".pairs", TOKENS, 1, 1, pairs);
        });
    }

    @Override
    public List<RopeFrequencies> frequencies() {
        return frequencies;
    }

    private String slice(String input, String output, long axis, long from, long to) {
        return slice(input, output, axis, number(from), number(to));
    }

    private String slice(String input, String output, long axis, String from, String to) {
        return node("Slice", output, List.of(input, from, to, number(axis)));
    }

    private String number(long value) {
        return graph.constant("number." + value, value);
    }

    /**
     * Heads that share keys and values are rows of one product: [1, key-value heads, heads of each * T, width]. Cached and new positions are
     * multiplied apart and only their scores put together, so that no key or value of the cache is moved.
     */
    @Override
    public void attend(Attention attention) {
        String name = attention.output().name();
        int heads = attention.heads();
        int layer = attention.layer();
        String key = cached(attention, attention.key(), attention.keyWidth(), OnnxModel.pastKey(layer),
                OnnxModel.presentKey(layer));
        String value = cached(attention, attention.value(), attention.valueWidth(), OnnxModel.pastValue(layer),
                OnnxModel.presentValue(layer));
        String weights = byHeads(node("Softmax", name + ".softmax", List.of(maskedScores(attention, key)),
                Attribute.of("axis", -1L)), name + ".weights", attention.keyValueHeads(), heads);
        String past = options.shape().map(fixed -> number(fixed.capacity()))
                .orElseGet(() -> pastLength(OnnxModel.pastKey(layer)));
        String end = number(options.shape().map(fixed -> fixed.capacity() + fixed.tokens()).orElse(Integer.MAX_VALUE));
        String ofPast = node("MatMul", name + ".past",
                List.of(slice(weights, name + ".past_weights", 3, number(0), past), OnnxModel.pastValue(layer)));
        String ofNew = node("MatMul", name + ".new",
                List.of(slice(weights, name + ".new_weights", 3, past, end), value));
        String attended = draft.reshape(node("Add", name + ".groups", List.of(ofPast, ofNew)), name + ".heads", 1,
                heads, TOKENS, attention.valueWidth());
        draft.define(attention.output(), draft.reshape(transpose(attended, name + ".rows", 0, 2, 1, 3), name, 1, TOKENS,
                attention.output().width()));
    }

    /** Scores of all positions, [1, heads, T, S + T]. */
    private String maskedScores(Attention attention, String key) {
        String name = attention.output().name();
        int heads = attention.heads();
        int width = attention.keyWidth();
        long groupRows = options.shape().map(fixed -> (long) heads / attention.keyValueHeads() * fixed.tokens())
                .orElse(-1L);
        String scaled = node("Mul", name + ".scaled_query", List.of(draft.name(attention.query()),
                graph.scalar("scale." + attention.scale(), attention.scale())));
        String byHead = transpose(draft.reshape(scaled, name + ".query_heads", 1, TOKENS, heads, width),
                name + ".query", 0, 2, 1, 3);
        String query = draft.reshape(byHead, name + ".query_groups", 1, attention.keyValueHeads(), groupRows, width);
        String pastKey = transpose(OnnxModel.pastKey(attention.layer()), name + ".past_key", 0, 1, 3, 2);
        String newKey = transpose(key, name + ".new_key", 0, 1, 3, 2);
        String scores = node("Concat", name + ".scores",
                List.of(node("MatMul", name + ".past_scores", List.of(query, pastKey)),
                        node("MatMul", name + ".new_scores", List.of(query, newKey))),
                Attribute.of("axis", 3L));
        graph.input(OnnxModel.ATTENTION_MASK, ElementType.FLOAT, 1, 1, draft.tokens(),
                options.shape().<Object>map(fixed -> fixed.capacity() + fixed.tokens()).orElse("positions"));
        // The mask is one for all heads of a group.
        return node("Add", name + ".masked",
                List.of(byHeads(scores, name + ".head_scores", heads, heads), OnnxModel.ATTENTION_MASK));
    }

    /** From [1, some heads, rows of each, positions] to other heads; where sizes are open, the last stays what it is. */
    private String byHeads(String scores, String output, int heads, int rowsOfToken) {
        return options.shape().map(fixed -> draft.reshape(scores, output, 1, heads,
                (long) rowsOfToken / heads * fixed.tokens(), fixed.capacity() + fixed.tokens()))
                .orElseGet(() -> draft.reshape(scores, output, 1, heads, -1, 0));
    }

    private String pastLength(String pastKey) {
        if (pastLength == null) {
            pastLength = node("Shape", "past_length", List.of(pastKey), Attribute.of("start", 2L),
                    Attribute.of("end", 3L));
        }
        return pastLength;
    }

    /** The run's own keys or values, [1, key-value heads, T, width], which come out too. */
    private String cached(Attention attention, Value rows, int width, String past, String present) {
        int heads = attention.keyValueHeads();
        Object capacity = options.shape().<Object>map(FixedShape::capacity).orElse("capacity");
        graph.input(past, ElementType.FLOAT, 1, heads, capacity, width);
        graph.output(present, ElementType.FLOAT, 1, heads, draft.tokens(), width);
        return graph.node(STANDARD, "Transpose", present,
                List.of(draft.reshape(draft.name(rows), rows.name() + ".cached", 1, TOKENS, heads, width)),
                Attribute.ofAll("perm", 0L, 2L, 1L, 3L));
    }

    private String transpose(String input, String output, long... axes) {
        return node("Transpose", output, List.of(input), Attribute.ofAll("perm", axes));
    }

    @Override
    public String rowsWithLogits(String stream) {
        Object rows = options.shape().<Object>map(_ -> 1).orElse("logit_rows");
        graph.input(OnnxModel.LOGITS_ROWS, ElementType.FLOAT, 1, rows, draft.tokens());
        return node("MatMul", "logits_hidden", List.of(OnnxModel.LOGITS_ROWS, stream));
    }
}
