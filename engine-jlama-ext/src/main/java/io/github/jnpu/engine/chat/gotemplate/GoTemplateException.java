package io.github.jnpu.engine.chat.gotemplate;

/** A template that cannot be parsed, fails while it runs, or goes beyond what a run may spend. The message names the line. */
public class GoTemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public GoTemplateException(String message) {
        super(message);
    }

    public GoTemplateException(String message, Throwable cause) {
        super(message, cause);
    }

    static GoTemplateException at(int line, String message) {
        return new GoTemplateException("line " + line + ": " + message);
    }
}
