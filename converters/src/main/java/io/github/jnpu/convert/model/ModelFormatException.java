package io.github.jnpu.convert.model;

/**
 * A model file that cannot be used as it is: malformed, truncated, contradictory, or of a kind that jnpu does not know.
 *
 * <p>The message is one line that names the field or tensor.
 */
public class ModelFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_SHOWN = 80;

    public ModelFormatException(String message) {
        super(message);
    }

    public ModelFormatException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * Text from a file, fit for a message of one line: shortened, control characters replaced.
     */
    public static String printable(String text) {
        String shown = text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) + "..." : text;
        return shown.codePoints().map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }
}
