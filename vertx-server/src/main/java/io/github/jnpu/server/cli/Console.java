package io.github.jnpu.server.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * The three standard streams, in UTF-8 whatever the locale says, and which of them are a terminal.
 *
 * @param in
 *            bytes, not buffered
 * @param out
 *            not flushed by line: a command flushes what the user waits for
 * @param err
 *            flushed by line
 */
record Console(InputStream in, PrintStream out, PrintStream err, boolean inputIsTerminal, boolean outputIsTerminal,
        boolean errorIsTerminal) {
    /** The launcher tells what the JDK cannot: which of the descriptors 0, 1 and 2 are terminals, as in "02". */
    private static final String TERMINALS = "jnpu.terminals";

    /** The streams of this process. */
    static Console standard() {
        String terminals = System.getProperty(TERMINALS);
        if (terminals == null) {
            // Without the launcher: the JDK knows only whether both input and output are a terminal.
            java.io.Console console = System.console();
            terminals = console != null && console.isTerminal() ? "012" : "";
        }
        boolean output = terminals.contains("1");
        boolean error = terminals.contains("2");
        return new Console(new FileInputStream(FileDescriptor.in),
                new PrintStream(new FileOutputStream(FileDescriptor.out), false, charset(output, "stdout.encoding")),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, charset(error, "stderr.encoding")),
                terminals.contains("0"), output, error);
    }

    /** A Windows console shows the characters of its code page only; the JDK knows which that is. */
    private static Charset charset(boolean terminal, String property) {
        String encoding = System.getProperty(property);
        return terminal && encoding != null && System.getProperty("os.name").startsWith("Windows")
                ? Charset.forName(encoding)
                : StandardCharsets.UTF_8;
    }

    /** Whether the user can be asked: both input and output are a terminal. */
    boolean isInteractive() {
        return inputIsTerminal && outputIsTerminal;
    }

    /** Whether output may carry colours (https://no-color.org). */
    boolean wantsColours() {
        String noColour = System.getenv("NO_COLOR");
        return outputIsTerminal && (noColour == null || noColour.isEmpty()) && !"dumb".equals(System.getenv("TERM"));
    }
}
