package io.github.jnpu.convert.tensor;

/** Values of this type can be stored and passed on, but there is no code that reads or writes them as floats. */
public class UnsupportedTensorTypeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final TensorType type;

    UnsupportedTensorTypeException(TensorType type, String action) {
        super("there is no code that %s tensor type %s".formatted(action, type));
        this.type = type;
    }

    public TensorType type() {
        return type;
    }
}
