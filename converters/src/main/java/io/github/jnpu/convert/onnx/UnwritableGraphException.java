package io.github.jnpu.convert.onnx;

/** A graph with something in it that ONNX, or this writer, has no form for; the message names the operation. */
public class UnwritableGraphException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnwritableGraphException(String message) {
        super(message);
    }
}
