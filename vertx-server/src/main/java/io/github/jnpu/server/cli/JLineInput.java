package io.github.jnpu.server.cli;

import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.TerminalBuilder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Lines from a terminal, with editing and a history that outlives the program. */
final class JLineInput implements LineInput {
    private static final int HISTORY_LINES = 1000;

    private final Terminal terminal;
    private final LineReader reader;

    private JLineInput(Terminal terminal, LineReader reader) {
        this.terminal = terminal;
        this.reader = reader;
    }

    /**
     * Takes the terminal over.
     *
     * @param onInterrupt
     *            called on Ctrl-C while no line is being read
     */
    static JLineInput open(Runnable onInterrupt) throws IOException {
        Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).encoding(StandardCharsets.UTF_8).build();
        terminal.handle(Signal.INT, signal -> onInterrupt.run());
        LineReader reader = LineReaderBuilder.builder().terminal(terminal).appName("jnpu")
                // "!" is a character like others in a question.
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .variable(LineReader.HISTORY_SIZE, HISTORY_LINES)
                .variable(LineReader.HISTORY_FILE_SIZE, HISTORY_LINES)
                .build();
        historyFile().ifPresent(file -> reader.setVariable(LineReader.HISTORY_FILE, file));
        return new JLineInput(terminal, reader);
    }

    private static Optional<Path> historyFile() {
        String state = System.getenv("XDG_STATE_HOME");
        Path folder = (state == null || state.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".local", "state")
                : Path.of(state)).resolve("jnpu");
        try {
            Files.createDirectories(folder);
            return Optional.of(folder.resolve("history"));
        } catch (IOException e) {
            // A read-only home: the history lives as long as the program.
            return Optional.empty();
        }
    }

    @Override
    public Entry read(String prompt) {
        try {
            return new Entry.Line(reader.readLine(prompt));
        } catch (UserInterruptException e) {
            return new Entry.Interrupt();
        } catch (EndOfFileException e) {
            return new Entry.End();
        }
    }

    @Override
    public void remember(boolean wanted) {
        reader.setVariable(LineReader.DISABLE_HISTORY, !wanted);
    }

    @Override
    public int width() {
        return terminal.getColumns();
    }

    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
