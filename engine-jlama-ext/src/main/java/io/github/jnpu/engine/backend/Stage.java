package io.github.jnpu.engine.backend;

/** The parts of the work that can be put on different devices. */
public enum Stage {
    /** Many prompt tokens at once: bound by arithmetic. */
    PREFILL,
    /** One token after the other: bound by memory bandwidth. */
    DECODE,
    /** A text to a vector. */
    EMBED
}
