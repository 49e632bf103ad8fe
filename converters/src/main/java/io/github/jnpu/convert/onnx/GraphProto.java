package io.github.jnpu.convert.onnx;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Collects the parts of an ONNX graph and serializes them. The numbers are those of the fields in ONNX's definition of its file
 * format (onnx.ai, "Open Neural Network Exchange Intermediate Representation"). For one graph and one thread.
 */
final class GraphProto {
    static final String STANDARD = "";
    static final String MICROSOFT = "com.microsoft";
    private static final int IR_VERSION = 10;
    private static final int OPSET = 21;

    private final List<ProtobufMessage> nodes = new ArrayList<>();
    private final Map<String, ProtobufMessage> inputs = new LinkedHashMap<>();
    private final Map<String, ProtobufMessage> outputs = new LinkedHashMap<>();
    private final Set<String> domains = new TreeSet<>();
    private final List<ProtobufMessage> constants = new ArrayList<>();
    private final Map<String, Initializer> initializers = new LinkedHashMap<>();
    private final Set<String> results = new HashSet<>();

    /** A name for the result of a node that nothing else has. */
    String newName(String wanted) {
        String name = wanted;
        for (int i = 1; !results.add(name); i++) {
            name = wanted + "_" + i;
        }
        return name;
    }

    /** Adds a node with one output, and says its name. */
    String node(String domain, String type, String output, List<String> inputNames, Attribute... attributes) {
        return node(domain, type, List.of(output), inputNames, attributes);
    }

    /** Adds a node, and says the name of its first output. An empty input is one that is left out. */
    String node(String domain, String type, List<String> outputNames, List<String> inputNames,
            Attribute... attributes) {
        ProtobufMessage node = new ProtobufMessage();
        inputNames.forEach(name -> node.text(1, name));
        outputNames.forEach(name -> node.text(2, name));
        node.text(3, "%s/%s".formatted(outputNames.getFirst(), type)).text(4, type);
        for (Attribute attribute : attributes) {
            node.message(5, attribute.message());
        }
        node.text(7, domain);
        domains.add(domain);
        nodes.add(node);
        return outputNames.getFirst();
    }

    /** Declares what a run brings, once for all who read it. */
    void input(String name, ElementType type, Object... dims) {
        inputs.putIfAbsent(name, valueInfo(name, type, dims));
    }

    void output(String name, ElementType type, Object... dims) {
        outputs.put(name, valueInfo(name, type, dims));
    }

    Set<String> inputNames() {
        return Set.copyOf(inputs.keySet());
    }

    Set<String> outputNames() {
        return Set.copyOf(outputs.keySet());
    }

    /** A few whole numbers, such as a shape, that stand in the graph itself; says their name. */
    String constant(String name, long... values) {
        if (results.add(name)) {
            ProtobufMessage tensor = new ProtobufMessage().integer(1, values.length).integer(2, ElementType.INT64.id())
                    .text(8, name);
            for (long value : values) {
                tensor.integer(7, value);
            }
            constants.add(tensor);
        }
        return name;
    }

    /** A number that stands in the graph itself: the library's optimizer looks at some while it fuses. Says its name. */
    String scalar(String name, float value) {
        if (results.add(name)) {
            constants.add(new ProtobufMessage().integer(2, ElementType.FLOAT.id()).number(4, value).text(8, name));
        }
        return name;
    }

    /** A constant that stays outside; one of the same name is taken once. Says its name. */
    String initializer(Initializer initializer) {
        Initializer present = initializers.putIfAbsent(initializer.name(), initializer);
        if (present != null && present.packable() && !initializer.packable()) {
            initializers.put(initializer.name(), initializer);
        }
        return initializer.name();
    }

    List<Initializer> initializers() {
        return List.copyOf(initializers.values());
    }

    byte[] toModel(String name) {
        ProtobufMessage graph = new ProtobufMessage();
        nodes.forEach(node -> graph.message(1, node));
        graph.text(2, name);
        constants.forEach(constant -> graph.message(5, constant));
        long offset = 0;
        for (Initializer initializer : initializers.values()) {
            graph.message(5, placeholder(initializer, offset));
            offset += initializer.byteSize();
        }
        inputs.values().forEach(input -> graph.message(11, input));
        outputs.values().forEach(output -> graph.message(12, output));
        ProtobufMessage model = new ProtobufMessage().integer(1, IR_VERSION).text(2, "jnpu").message(7, graph)
                .message(8, operators(STANDARD, OPSET));
        if (domains.contains(MICROSOFT)) {
            model.message(8, operators(MICROSOFT, 1));
        }
        return model.toByteArray();
    }

    private static ProtobufMessage operators(String domain, int version) {
        return new ProtobufMessage().text(1, domain).integer(2, version);
    }

    private static ProtobufMessage placeholder(Initializer initializer, long offset) {
        ProtobufMessage tensor = new ProtobufMessage();
        for (long dim : initializer.dims()) {
            tensor.integer(1, dim);
        }
        return tensor.integer(2, initializer.type().id()).text(8, initializer.name())
                .message(13, entry("location", OnnxModel.DATA_FILE))
                .message(13, entry("offset", Long.toString(offset)))
                .message(13, entry("length", Long.toString(initializer.byteSize()))).integer(14, 1);
    }

    private static ProtobufMessage entry(String key, String value) {
        return new ProtobufMessage().text(1, key).text(2, value);
    }

    /** Numbers are fixed sizes, names sizes that a run brings. */
    private static ProtobufMessage valueInfo(String name, ElementType type, Object... dims) {
        ProtobufMessage shape = new ProtobufMessage();
        for (Object dim : dims) {
            shape.message(1, dim instanceof Number size
                    ? new ProtobufMessage().integer(1, size.longValue())
                    : new ProtobufMessage().text(2, dim.toString()));
        }
        ProtobufMessage tensor = new ProtobufMessage().integer(1, type.id()).message(2, shape);
        return new ProtobufMessage().text(1, name).message(2, new ProtobufMessage().message(1, tensor));
    }

    /** A node's parameter. */
    record Attribute(ProtobufMessage message) {
        private static final int FLOAT = 1;
        private static final int INT = 2;
        private static final int STRING = 3;
        private static final int INTS = 7;

        static Attribute of(String name, long value) {
            return new Attribute(new ProtobufMessage().text(1, name).integer(3, value).integer(20, INT));
        }

        static Attribute of(String name, float value) {
            return new Attribute(new ProtobufMessage().text(1, name).number(2, value).integer(20, FLOAT));
        }

        static Attribute ofAll(String name, long... values) {
            ProtobufMessage message = new ProtobufMessage().text(1, name);
            for (long value : values) {
                message.integer(8, value);
            }
            return new Attribute(message.integer(20, INTS));
        }

        static Attribute of(String name, String value) {
            return new Attribute(new ProtobufMessage().text(1, name).text(4, value).integer(20, STRING));
        }
    }
}
