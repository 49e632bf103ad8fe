package io.github.jnpu.server.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.Supplier;

/** A line on a terminal's standard error that says what takes so long, and is gone when it is over. */
final class Spinner implements AutoCloseable {
    private static final Duration DELAY = Duration.ofMillis(400);
    private static final Duration STEP = Duration.ofMillis(100);
    private static final String FRAMES = "|/-\\";
    private static final String ERASE_LINE = "\r\033[K";

    private final PrintStream err;
    private final Thread thread;

    private Spinner(PrintStream err, Supplier<String> what) {
        this.err = err;
        this.thread = Thread.ofPlatform().daemon().name("spinner").unstarted(() -> spin(what));
    }

    /** Starts one; where standard error is no terminal it does nothing. */
    static Spinner start(Console console, String what) {
        return start(console, () -> what);
    }

    /**
     * Starts one whose words change.
     *
     * @param what
     *            asked ten times a second, by another thread
     */
    static Spinner start(Console console, Supplier<String> what) {
        Spinner spinner = new Spinner(console.err(), what);
        if (console.errorIsTerminal()) {
            spinner.thread.start();
        }
        return spinner;
    }

    private void spin(Supplier<String> what) {
        long start = System.nanoTime();
        try {
            // What is done at once needs no words.
            Thread.sleep(DELAY);
            for (int i = 0;; i++) {
                err.print(ERASE_LINE + "%c %s %ds".formatted(FRAMES.charAt(i % FRAMES.length()), what.get(),
                        (System.nanoTime() - start) / 1_000_000_000));
                err.flush();
                Thread.sleep(STEP);
            }
        } catch (InterruptedException e) {
            if (System.nanoTime() - start > DELAY.toNanos()) {
                err.print(ERASE_LINE);
                err.flush();
            }
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
