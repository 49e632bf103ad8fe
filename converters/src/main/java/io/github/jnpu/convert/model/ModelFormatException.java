package io.github.jnpu.convert.model;

/**
 * A model file that cannot be used as it is: malformed, truncated, contradictory, or of a kind that jnpu does not know.
 *
 * <p>The message is one line that names the field or tensor.
 */
public class ModelFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ModelFormatException(String message) {
        super(message);
    }

    public ModelFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
