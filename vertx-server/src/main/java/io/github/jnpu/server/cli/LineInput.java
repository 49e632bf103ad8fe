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

    /** Whether lines are remembered, for the arrow keys and for the next time. */
    default void remember(boolean wanted) {}

    /** Characters in a line; 0 if that is unknown. */
    default int width() {
        return 0;
    }

    @Override
    void close();
}
