package io.github.jnpu.engine.backend.onnxruntime;

import ai.onnxruntime.OrtException;
import io.github.jnpu.engine.backend.BackendException;

/** Turns the library's checked exception into ours, on one line. */
final class OrtFailure {
    private OrtFailure() {}

    static BackendException of(String doing, OrtException cause) {
        String message = String.valueOf(cause.getMessage()).strip();
        int end = message.indexOf('\n');
        return new BackendException(
                "ONNX Runtime cannot %s: %s".formatted(doing, end < 0 ? message : message.substring(0, end)),
                cause);
    }
}
