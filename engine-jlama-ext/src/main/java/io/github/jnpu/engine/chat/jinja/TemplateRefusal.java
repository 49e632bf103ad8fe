package io.github.jnpu.engine.chat.jinja;

/** The template called {@code raise_exception}; the message is the template's own. */
public final class TemplateRefusal extends JinjaException {
    private static final long serialVersionUID = 1L;

    public TemplateRefusal(String message) {
        super(message);
    }
}
