package io.github.jnpu.server.cli;

/** Where the REPL's lines come from. */
interface LineInput extends AutoCloseable {

    /** What a user did at the prompt. */
    sealed interface Entry {
        /** A line, without its end. */
        record Line(String text) implements Entry {}

        /** Ctrl-C: forget what was typed so far. */
        record Interrupt() implements Entry {}

        /** Ctrl-D: leave. */
        record End() implements Entry {}
    }

    Entry read(String prompt);

    @Override
    void close();
}
