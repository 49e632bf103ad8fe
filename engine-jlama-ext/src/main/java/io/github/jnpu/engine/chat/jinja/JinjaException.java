package io.github.jnpu.engine.chat.jinja;

/** A template that cannot be parsed, fails while it renders, or goes beyond what a render may spend. */
public class JinjaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public JinjaException(String message) {
        super(message);
    }

    public JinjaException(String message, Throwable cause) {
        super(message, cause);
    }
}
