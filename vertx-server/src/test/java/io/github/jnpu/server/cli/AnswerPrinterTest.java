package io.github.jnpu.server.cli;

import io.github.jnpu.engine.chat.AnswerEvent;
import io.github.jnpu.engine.chat.AnswerEvent.Text;
import io.github.jnpu.engine.chat.AnswerEvent.Thought;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class AnswerPrinterTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);

    private AnswerPrinter print(boolean thoughts, int width, AnswerEvent... events) {
        AnswerPrinter printer = new AnswerPrinter(out, thoughts, width);
        for (AnswerEvent event : events) {
            printer.print(List.of(event));
        }
        printer.finish();
        return printer;
    }

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void thoughtsStandBetweenTwoLines() {
        AnswerPrinter printer = print(true, 0, new Thought("\n"), new Thought("Is it 4?"), new Text("It is "),
                new Text("4."));

        assertThat(printed()).isEqualToNormalizingNewlines("Thinking...\nIs it 4?\n...done thinking.\n\nIt is 4.");
        assertThat(printer.content()).isEqualTo("It is 4.");
    }

    @Test
    void thoughtsThatWereCutOffAreClosed() {
        print(true, 0, new Thought("Is it"));

        assertThat(printed()).isEqualToNormalizingNewlines("Thinking...\nIs it\n...done thinking.\n\n");
    }

    @Test
    void thoughtsCanBeHidden() {
        print(false, 0, new Thought("Is it 4?"), new Text("Yes."));

        assertThat(printed()).isEqualTo("Yes.");
    }

    /** However the text comes in pieces. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 100})
    void linesAreBrokenBetweenWords(int piece) {
        String text = "one two three\nfour-and-twenty  five\n    six 七 eight nine ten";
        AnswerEvent[] events = new AnswerEvent[(text.length() + piece - 1) / piece];
        for (int i = 0; i < events.length; i++) {
            events[i] = new Text(text.substring(i * piece, Math.min(text.length(), (i + 1) * piece)));
        }

        AnswerPrinter printer = print(true, 12, events);

        assertThat(printed()).isEqualTo(
                "one two\nthree\nfour-and-twenty \nfive\n    six 七\neight nine\nten");
        assertThat(printer.content()).isEqualTo(text);
    }
}
