package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The ONNX model {@code y = x + x} of float vectors, byte by byte. */
final class TinyModel {
    private TinyModel() {}

    static byte[] doubling() {
        byte[] node = join(text(1, "x"), text(1, "x"), text(2, "y"), text(3, "sum"), text(4, "Add"));
        byte[] graph = join(field(1, node), text(2, "doubling"), field(11, vector("x")), field(12, vector("y")));
        return join(number(1, 10), field(7, graph), field(8, join(text(1, ""), number(2, 21))));
    }

    private static byte[] vector(String name) {
        byte[] shape = field(1, text(2, "n"));
        return join(text(1, name), field(2, field(1, join(number(1, 1), field(2, shape)))));
    }

    private static byte[] number(int field, int value) {
        return new byte[]{(byte) (field << 3), (byte) value};
    }

    private static byte[] text(int field, String text) {
        return field(field, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Lengths stay below 128 here, which take one byte. */
    private static byte[] field(int field, byte[] content) {
        return join(new byte[]{(byte) (field << 3 | 2), (byte) content.length}, content);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }
}
