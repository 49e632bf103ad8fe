package io.github.jnpu.server.cli;

import io.github.jnpu.engine.chat.AnswerEvent;

import java.io.PrintStream;
import java.util.List;

/**
 * Shows an answer as it comes: thoughts between two lines that say so, as Ollama does, then the text. For one answer and one
 * thread.
 */
final class AnswerPrinter {
    private final PrintStream out;
    private final boolean showThoughts;
    private final WordWrap wrap;
    private final StringBuilder content = new StringBuilder();
    private boolean thinking;
    private boolean began;

    /**
     * @param width
     *            of the lines in characters, to break them between words; 0 to leave that to the terminal
     */
    AnswerPrinter(PrintStream out, boolean showThoughts, int width) {
        this.out = out;
        this.showThoughts = showThoughts;
        this.wrap = new WordWrap(width);
    }

    /**
     * Prints these.
     *
     * @throws OutputClosedException
     *             if nobody reads the output any more
     */
    void print(List<AnswerEvent> events) {
        for (AnswerEvent event : events) {
            switch (event) {
                case AnswerEvent.Thought(String text) -> thought(text);
                case AnswerEvent.Text(String text) -> text(text);
                // No tools are given on the command line, so no call is told apart.
                case AnswerEvent.PartialToolCall _,AnswerEvent.CompleteToolCall _ -> {
                }
            }
        }
        out.flush();
        if (out.checkError()) {
            throw new OutputClosedException();
        }
    }

    private void thought(String text) {
        if (!showThoughts) {
            return;
        }
        if (!thinking) {
            out.println("Thinking...");
            thinking = true;
            began = false;
        }
        out.print(wrap.add(withoutLeadingBlanks(text)));
    }

    private void text(String text) {
        if (thinking) {
            endThoughts();
        }
        content.append(text);
        out.print(wrap.add(text));
    }

    private String withoutLeadingBlanks(String text) {
        String shown = began ? text : text.stripLeading();
        began |= !shown.isEmpty();
        return shown;
    }

    private void endThoughts() {
        out.print(wrap.finish());
        out.println();
        out.println("...done thinking.");
        out.println();
        thinking = false;
    }

    /** Prints what was held back for a line break; thoughts that were cut off are closed. */
    void finish() {
        out.print(wrap.finish());
        if (thinking) {
            endThoughts();
        }
        out.flush();
    }

    /** The text so far, without the thoughts. */
    String content() {
        return content.toString();
    }
}
