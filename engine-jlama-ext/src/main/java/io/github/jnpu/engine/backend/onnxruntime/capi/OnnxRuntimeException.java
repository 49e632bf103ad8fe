package io.github.jnpu.engine.backend.onnxruntime.capi;

import io.github.jnpu.engine.backend.BackendException;

/** A call that ONNX Runtime has refused, with the first line of its own text. */
public final class OnnxRuntimeException extends BackendException {
    private static final long serialVersionUID = 1L;

    private final int code;

    OnnxRuntimeException(int code, String text) {
        super(firstLine(text));
        this.code = code;
    }

    /** Other lines are its source's file names and a stack. */
    private static String firstLine(String text) {
        return text.strip().lines().findFirst().orElse("ONNX Runtime gives no reason");
    }

    /** ONNX Runtime's {@code OrtErrorCode}, above 0. */
    public int code() {
        return code;
    }

    /** The same with what was tried, on one line. */
    public BackendException whileDoing(String doing) {
        return new BackendException("ONNX Runtime cannot %s: %s".formatted(doing, getMessage()), this);
    }
}
