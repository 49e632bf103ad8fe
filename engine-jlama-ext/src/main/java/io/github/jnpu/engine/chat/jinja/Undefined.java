package io.github.jnpu.engine.chat.jinja;

/**
 * The value of what does not exist: empty as text and in loops, false, and an error in anything else.
 *
 * @param reason
 *            what is missing, for the error
 */
record Undefined(String reason) {

    JinjaException error() {
        return new JinjaException(reason);
    }
}
