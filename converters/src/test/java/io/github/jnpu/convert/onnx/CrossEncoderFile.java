package io.github.jnpu.convert.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Folders with cross-encoders as ONNX files, for tests: all-minilm's network with a head, and one that is small enough to be worked out by hand. The tokenizer is all-minilm's,
 * whose jar has to be on the class path.
 */
public final class CrossEncoderFile {
    /** Tokens of its vocabulary. */
    private static final int VOCABULARY = 30_522;
    private static final int WIDTH = 384;
    private static final int FLOAT = 1;
    private static final int INT64 = 7;
    private static final int AXIS_IS_INTEGER = 2;
    private static final int GRAPH = 7;

    private CrossEncoderFile() {}

    /** all-minilm with a head of random weights behind the first token. */
    public static Path ofMiniLm(Path folder, int classes) throws IOException {
        float[] head = new float[WIDTH * classes];
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < head.length; i++) {
            head[i] = (float) random.nextDouble(-1, 1);
        }
        ProtobufMessage more = new ProtobufMessage()
                .message(5, new ProtobufMessage().integer(2, INT64).integer(7, 0).text(8, "head.first"))
                .message(5, floats("head.weight", head, WIDTH, classes))
                .message(1, node("Gather", "head.row", "last_hidden_state", "head.first").message(5,
                        new ProtobufMessage().text(1, "axis").integer(3, 1).integer(20, AXIS_IS_INTEGER)))
                .message(1, node("MatMul", "logits", "head.row", "head.weight"))
                .message(12, value("logits", FLOAT, -1, classes));
        // Protobuf puts the fields of a message that comes twice together, so the head may stand behind the whole file.
        byte[] network = resource("/all-minilm-l6-v2-q.onnx");
        byte[] appended = new ProtobufMessage().message(GRAPH, more).toByteArray();
        byte[] file = Arrays.copyOf(network, network.length + appended.length);
        System.arraycopy(appended, 0, file, network.length, appended.length);
        return write(folder, file);
    }

    /**
     * A network whose score is the sum over a pair's tokens of {@link #weight} times position, counted from 1, times 1 in the first text and 2 in the second.
     *
     * @param keepsDimension
     *            whether scores are [pairs, 1], or [pairs]
     */
    public static Path ofSum(Path folder, boolean keepsDimension) throws IOException {
        float[] weights = new float[VOCABULARY];
        for (int id = 0; id < weights.length; id++) {
            weights[id] = weight(id);
        }
        ProtobufMessage graph = new ProtobufMessage().text(2, "sum")
                .message(5, floats("weights", weights, VOCABULARY))
                .message(5, new ProtobufMessage().integer(2, INT64).integer(7, 1).text(8, "one"))
                .message(5, new ProtobufMessage().integer(1, 1).integer(2, INT64).integer(7, 1).text(8, "axes"))
                .message(5, floats("unit", new float[]{1}, 1))
                .message(11, value("input_ids", INT64, -1, -2)).message(11, value("attention_mask", INT64, -1, -2))
                .message(11, value("token_type_ids", INT64, -1, -2))
                .message(1, node("Gather", "gathered", "weights", "input_ids"))
                .message(1, cast("attention_mask", "mask")).message(1, cast("token_type_ids", "types"))
                .message(1, node("CumSum", "positions", "mask", "one"))
                .message(1, node("Mul", "masked", "gathered", "mask"))
                .message(1, node("Mul", "placed", "masked", "positions"))
                .message(1, node("Add", "factors", "types", "unit"))
                .message(1, node("Mul", "terms", "placed", "factors"))
                .message(1, node("ReduceSum", "logits", "terms", "axes").message(5, new ProtobufMessage().text(1,
                        "keepdims").integer(3, keepsDimension ? 1 : 0).integer(20, AXIS_IS_INTEGER)))
                .message(12, keepsDimension ? value("logits", FLOAT, -1, 1) : value("logits", FLOAT, -1));
        return write(folder, new ProtobufMessage().integer(1, 8).message(8, new ProtobufMessage().text(1, "").integer(2,
                13)).message(GRAPH, graph).toByteArray());
    }

    /** A small whole number for a token. */
    public static int weight(int id) {
        return id % 7 - 3;
    }

    private static Path write(Path folder, byte[] network) throws IOException {
        Files.createDirectories(folder);
        Files.write(folder.resolve("model.onnx"), network);
        Files.write(folder.resolve("tokenizer.json"), resource("/all-minilm-l6-v2-q-tokenizer.json"));
        return folder;
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream stream = CrossEncoderFile.class.getResourceAsStream(name)) {
            return stream.readAllBytes();
        }
    }

    private static ProtobufMessage node(String type, String output, String... inputs) {
        ProtobufMessage node = new ProtobufMessage();
        for (String input : inputs) {
            node.text(1, input);
        }
        return node.text(2, output).text(3, output).text(4, type);
    }

    private static ProtobufMessage cast(String input, String output) {
        return node("Cast", output, input).message(5, new ProtobufMessage().text(1, "to").integer(3, FLOAT).integer(20,
                AXIS_IS_INTEGER));
    }

    private static ProtobufMessage floats(String name, float[] values, int... dims) {
        ProtobufMessage tensor = new ProtobufMessage();
        for (int dim : dims) {
            tensor.integer(1, dim);
        }
        tensor.integer(2, FLOAT);
        for (float value : values) {
            tensor.number(4, value);
        }
        return tensor.text(8, name);
    }

    /** A size below zero is one that a run brings. */
    private static ProtobufMessage value(String name, int type, int... dims) {
        ProtobufMessage shape = new ProtobufMessage();
        for (int dim : dims) {
            shape.message(1, dim < 0
                    ? new ProtobufMessage().text(2, "size" + -dim)
                    : new ProtobufMessage().integer(1,
                            dim));
        }
        return new ProtobufMessage().text(1, name).message(2, new ProtobufMessage().message(1, new ProtobufMessage()
                .integer(1, type).message(2, shape)));
    }
}
