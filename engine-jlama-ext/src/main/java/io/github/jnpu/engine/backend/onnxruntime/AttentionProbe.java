package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.onnx.ElementType;
import io.github.jnpu.engine.backend.onnxruntime.capi.IoBinding;
import io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeException;
import io.github.jnpu.engine.backend.onnxruntime.capi.RunOptions;
import io.github.jnpu.engine.backend.onnxruntime.capi.Session;
import io.github.jnpu.engine.backend.onnxruntime.capi.SessionOptions;
import io.github.jnpu.engine.backend.onnxruntime.capi.Value;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * One attention alone on a provider, with the heads of a model and random numbers: all tokens in one run, and the same in two short ones. A whole model
 * would not show it: there most of the stream goes around attention.
 */
final class AttentionProbe {
    /** Up to here ONNX Runtime's WebGPU provider takes another kernel than beyond. */
    static final int SHORT = 31;
    private static final int TOKENS = 40;
    /** Of a row's length. Floats differ by some millionths, with half of the mantissa by some thousandths; a key that is left out makes tenths. */
    private static final double TOLERANCE = 0.02;

    private static final int VARINT = 0;
    private static final int BYTES = 2;

    private final int heads;
    private final int keyValueHeads;
    private final int width;
    private final float[] numbers;

    private AttentionProbe(ModelConfig config) {
        this.heads = config.heads();
        this.keyValueHeads = config.keyValueHeads();
        this.width = config.keyLength();
        SplittableRandom random = new SplittableRandom(1);
        this.numbers = new float[TOKENS * (heads + 2 * keyValueHeads) * width];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
    }

    /**
     * Whether more than {@link #SHORT} tokens in one run come out as they do in several.
     *
     * @param settings
     *            with the provider in it
     * @throws OnnxRuntimeException
     *             if it cannot be run
     */
    static boolean agrees(ModelConfig config, SessionOptions settings) {
        AttentionProbe probe = new AttentionProbe(config);
        try (Session session = new Session(probe.model(), settings)) {
            float[] once = probe.run(session, TOKENS);
            float[] cut = probe.run(session, TOKENS - SHORT, SHORT);
            return probe.largestDifference(once, cut) <= TOLERANCE;
        }
    }

    private double largestDifference(float[] once, float[] cut) {
        int row = heads * width;
        double largest = 0;
        for (int token = 0; token < TOKENS; token++) {
            double squares = 0;
            double length = 0;
            for (int i = token * row; i < (token + 1) * row; i++) {
                squares += (once[i] - cut[i]) * (double) (once[i] - cut[i]);
                length += cut[i] * (double) cut[i];
            }
            double difference = Math.sqrt(squares / length);
            // Not a number is no agreement.
            largest = difference <= largest ? largest : difference;
        }
        return largest;
    }

    private float[] run(Session session, int... counts) {
        float[] rows = new float[TOKENS * heads * width];
        try (Arena arena = Arena.ofConfined();
                RunOptions options = new RunOptions();
                CacheTensor keys = CacheTensor.onHost(keyValueHeads, TOKENS, width);
                CacheTensor values = CacheTensor.onHost(keyValueHeads, TOKENS, width)) {
            int done = 0;
            for (int count : counts) {
                MemorySegment output = arena.allocate((long) count * heads * width * Float.BYTES, Long.BYTES);
                try (IoBinding binding = new IoBinding(session);
                        Value query = rows(arena, 0, heads, done, count);
                        Value key = rows(arena, heads, keyValueHeads, done, count);
                        Value value = rows(arena, heads + keyValueHeads, keyValueHeads, done, count);
                        Value last = Value.over(ElementType.INT32,
                                arena.allocateFrom(ValueLayout.JAVA_INT, done + count - 1), 1);
                        Value total = Value.over(ElementType.INT32,
                                arena.allocateFrom(ValueLayout.JAVA_INT, done + count));
                        Value attended = Value.over(ElementType.FLOAT, output, 1, count, heads * width)) {
                    binding.input("q", query);
                    binding.input("k", key);
                    binding.input("v", value);
                    binding.input("pk", keys.value());
                    binding.input("pv", values.value());
                    binding.input("last", last);
                    binding.input("total", total);
                    binding.keepOutput("out", attended);
                    binding.keepOutput("nk", keys.value());
                    binding.keepOutput("nv", values.value());
                    session.run(options, binding);
                }
                MemorySegment.copy(output, ValueLayout.JAVA_FLOAT, 0, rows, done * heads * width, count * heads
                        * width);
                done += count;
            }
        }
        return rows;
    }

    /** Of some tokens those of the numbers that belong to some heads, as [1, count, heads of them * width]. */
    private Value rows(Arena arena, int firstHead, int ofThem, int from, int count) {
        int all = (heads + 2 * keyValueHeads) * width;
        MemorySegment memory = arena.allocate((long) count * ofThem * width * Float.BYTES, Long.BYTES);
        for (int i = 0; i < count; i++) {
            MemorySegment.copy(numbers, (from + i) * all + firstHead * width, memory, ValueLayout.JAVA_FLOAT,
                    (long) i * ofThem * width * Float.BYTES, ofThem * width);
        }
        return Value.over(ElementType.FLOAT, memory, 1, count, ofThem * width);
    }

    /** An ONNX model of one node; field numbers are those of {@code onnx.proto}. */
    private byte[] model() {
        byte[] node = join(text(1, "q"), text(1, "k"), text(1, "v"), text(1, "pk"), text(1, "pv"), text(1, "last"),
                text(1, "total"), text(2, "out"), text(2, "nk"), text(2, "nv"), text(4, "GroupQueryAttention"),
                attribute("num_heads", heads), attribute("kv_num_heads", keyValueHeads), text(7, "com.microsoft"));
        byte[] graph = join(field(1, node), text(2, "attention"), tensor(11, "q", ElementType.FLOAT, 3),
                tensor(11, "k", ElementType.FLOAT, 3), tensor(11, "v", ElementType.FLOAT, 3),
                tensor(11, "pk", ElementType.FLOAT, 4), tensor(11, "pv", ElementType.FLOAT, 4),
                tensor(11, "last", ElementType.INT32, 1), tensor(11, "total", ElementType.INT32, 0),
                tensor(12, "out", ElementType.FLOAT, 3), tensor(12, "nk", ElementType.FLOAT, 4),
                tensor(12, "nv", ElementType.FLOAT, 4));
        return join(number(1, 10), field(7, graph), field(8, join(text(1, ""), number(2, 21))),
                field(8, join(text(1, "com.microsoft"), number(2, 1))));
    }

    private static byte[] attribute(String name, int value) {
        return field(5, join(text(1, name), number(3, value), number(20, 2)));
    }

    /** Its dimensions stay open, each by a name of its own. */
    private static byte[] tensor(int field, String name, ElementType type, int rank) {
        byte[] shape = {};
        for (int i = 0; i < rank; i++) {
            shape = join(shape, field(1, text(2, name + i)));
        }
        return field(field, join(text(1, name), field(2, field(1, join(number(1, type.id()), field(2, shape))))));
    }

    private static byte[] text(int field, String text) {
        return field(field, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] field(int field, byte[] content) {
        return join(varint(field << 3 | BYTES), varint(content.length), content);
    }

    private static byte[] number(int field, int value) {
        return join(varint(field << 3 | VARINT), varint(value));
    }

    private static byte[] varint(int value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int rest = value;
        for (; rest > 0x7f; rest >>>= 7) {
            bytes.write(rest & 0x7f | 0x80);
        }
        bytes.write(rest);
        return bytes.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }
}
