package io.github.jnpu.server.cli;

import java.io.PrintStream;
import java.time.Duration;

/** A line on a terminal's standard error that says what takes so long, and is gone when it is over. */
final class Spinner implements AutoCloseable {
    private static final Duration DELAY = Duration.ofMillis(400);
    private static final Duration STEP = Duration.ofMillis(100);
    private static final String FRAMES = "|/-\\";
    private static final String ERASE_LINE = "\r\033[K";

    private final PrintStream err;
    private final Thread thread;
    private volatile String what;

    private Spinner(PrintStream err, String what) {
        this.err = err;
        this.what = what;
        this.thread = Thread.ofPlatform().daemon().name("spinner").unstarted(this::spin);
    }

    /** Starts one; where standard error is no terminal it does nothing. */
    static Spinner start(Console console, String what) {
        Spinner spinner = new Spinner(console.err(), what);
        if (console.errorIsTerminal()) {
            spinner.thread.start();
        }
        return spinner;
    }

    /** Says something else from now on. */
    void show(String text) {
        what = text;
    }

    private void spin() {
        long start = System.nanoTime();
        try {
            // What is done at once needs no words.
            Thread.sleep(DELAY);
            for (int i = 0;; i++) {
                err.print(ERASE_LINE + "%c %s %ds".formatted(FRAMES.charAt(i % FRAMES.length()), what,
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
