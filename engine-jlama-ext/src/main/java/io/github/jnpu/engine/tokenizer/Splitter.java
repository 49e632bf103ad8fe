package io.github.jnpu.engine.tokenizer;

/** One step of a pre-tokenizer. Keeps no state; thread-safe. */
interface Splitter {

    /** Splits a piece of text, not empty, and appends the end of each part; the last is the end of the piece. */
    void split(CodePoints text, int start, int end, IntSequence ends);
}
