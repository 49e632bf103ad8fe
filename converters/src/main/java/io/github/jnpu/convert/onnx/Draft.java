package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.Operation;
import io.github.jnpu.convert.graph.Value;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.OnnxOptions.FixedShape;
import io.github.jnpu.convert.tensor.Dequantizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import static io.github.jnpu.convert.onnx.GraphProto.STANDARD;

/** A graph that is being printed, and the names of what is in it so far: what both dialects write with. For one thread. */
final class Draft {
    /** Stands in a shape for the number of tokens in a run. */
    static final long TOKENS = -1;

    private final OnnxOptions options;
    private final GraphProto graph = new GraphProto();
    private final RopeTables tables;
    private final int positions;
    /** By the ids of values: the names under which the printed graph has them. */
    private final Map<Integer, String> names = new HashMap<>();
    /** By the ids of values that come out of the graph: under which names. */
    private final Map<Integer, String> outputs = new HashMap<>();
    /** By the ids of values that have no name: why. */
    private final Map<Integer, String> unnamed = new HashMap<>();
    /** By the names of inputs and the lengths of blocks: the names of their sums. */
    private final Map<String, String> sums = new HashMap<>();
    private final Set<String> widened = new LinkedHashSet<>();

    Draft(DecoderGraph decoder, OnnxOptions options) {
        this.options = options;
        this.positions = options.shape().map(FixedShape::capacity)
                .orElseGet(() -> Math.min(decoder.config().contextLength(), options.maxPositions()));
        this.tables = new RopeTables(graph, positions);
    }

    OnnxOptions options() {
        return options;
    }

    GraphProto graph() {
        return graph;
    }

    RopeTables tables() {
        return tables;
    }

    int positions() {
        return positions;
    }

    /** The names of weights that have become floats. */
    Set<String> widened() {
        return widened;
    }

    /** The number of tokens in a run as a size of inputs and outputs. */
    Object tokens() {
        return options.shape().<Object>map(FixedShape::tokens).orElse("tokens");
    }

    /** A shape for {@code Reshape}; {@link #TOKENS} may be in it once: what is left over where the number of tokens is open. */
    String shape(long... dims) {
        long[] sizes = Arrays.stream(dims).map(dim -> dim == TOKENS
                ? options.shape().map(fixed -> (long) fixed.tokens()).orElse(-1L)
                : dim).toArray();
        return graph.constant("shape."
                + Arrays.stream(sizes).mapToObj(Long::toString).collect(Collectors.joining(".")), sizes);
    }

    /** Adds a {@code Reshape}, and says its output's name. */
    String reshape(String input, String output, long... dims) {
        return graph.node(STANDARD, "Reshape", graph.newName(output), List.of(input, shape(dims)));
    }

    /** The sums of an input's blocks, [1, T, width / block]; made once for all products that read it. */
    String blockSums(String input, int width, int block) {
        return sums.computeIfAbsent(input + "/" + block, _ -> {
            String blocks = reshape(input, input + ".blocks", 1, TOKENS, width / block, block);
            return graph.node(STANDARD, "ReduceSum", graph.newName(input + ".sums"),
                    List.of(blocks, graph.constant("sum.axes", 3)), GraphProto.Attribute.of("keepdims", 0L));
        });
    }

    /** Says under which name a value has to come out. */
    void comesOut(Value value, String name) {
        outputs.put(value.id(), name);
    }

    /** A new name for a value. */
    String define(Value value) {
        String name = graph.newName(outputs.getOrDefault(value.id(), value.name()));
        names.put(value.id(), name);
        return name;
    }

    /** Gives a value a name that is there already. */
    void define(Value value, String name) {
        String output = outputs.get(value.id());
        names.put(value.id(), output == null || output.equals(name)
                ? name
                : graph.node(STANDARD, "Identity", output, List.of(name)));
    }

    /** Says why a value will have no name. */
    void leaveOut(Value value, String why) {
        unnamed.put(value.id(), why);
    }

    String name(Value value) {
        String name = names.get(value.id());
        if (name == null) {
            throw new UnwritableGraphException(unnamed.getOrDefault(value.id(),
                    "value '%s' is read before it is made".formatted(value.name())));
        }
        return name;
    }

    static void requireReadable(Operation operation, ModelTensor tensor) {
        if (!Dequantizer.supports(tensor.type())) {
            throw refusal(operation, "reads tensor '%s' of type %s".formatted(tensor.name(), tensor.type()));
        }
    }

    static UnwritableGraphException refusal(Operation operation, String what) {
        return new UnwritableGraphException("%s '%s' %s: there is no ONNX form for that".formatted(
                operation.getClass().getSimpleName(), operation.output().name(), what));
    }
}
