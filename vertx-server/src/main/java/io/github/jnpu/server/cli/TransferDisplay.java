package io.github.jnpu.server.cli;

import io.github.jnpu.engine.store.TransferListener;
import io.github.jnpu.engine.store.TransferProgress;

import java.io.PrintStream;
import java.time.Duration;

/**
 * Shows a pull, push or creation on standard error: a bar that moves on a terminal, a line for each step elsewhere. For one thread at
 * a time.
 */
final class TransferDisplay implements TransferListener, AutoCloseable {
    private static final int BAR_WIDTH = 24;
    private static final Duration STEP = Duration.ofMillis(100);
    private static final Duration SETTLED = Duration.ofSeconds(2);
    private static final String ERASE_LINE = "\r\033[K";

    private final PrintStream err;
    private final boolean terminal;
    private String status = "";
    private long total;
    private long begin;
    private long beginBytes;
    private long drawn;
    private boolean finished;
    private boolean open;

    TransferDisplay(Console console) {
        this.err = console.err();
        this.terminal = console.errorIsTerminal();
    }

    @Override
    public void onProgress(TransferProgress progress) {
        long now = System.nanoTime();
        boolean next = !progress.status().equals(status);
        if (next) {
            endLine();
            status = progress.status();
            total = progress.total();
            begin = now;
            beginBytes = progress.completed();
            drawn = 0;
            finished = false;
        }
        boolean complete = total > 0 && progress.completed() >= total;
        if (!terminal) {
            if (next || complete && !finished) {
                err.println(complete ? "%s: 100%% of %s".formatted(status, Quantity.bytes(total)) : plain());
            }
        } else if (next || complete && !finished || now - drawn > STEP.toNanos()) {
            err.print(ERASE_LINE + (total > 0 ? bar(progress.completed(), now) : status));
            err.flush();
            drawn = now;
            open = true;
        }
        finished = complete;
    }

    private String plain() {
        return total > 0 ? "%s: %s".formatted(status, Quantity.bytes(total)) : status;
    }

    private String bar(long completed, long now) {
        double share = Math.min(1, (double) completed / total);
        int full = (int) (share * BAR_WIDTH);
        StringBuilder line = new StringBuilder("%s: %3d%% [".formatted(status, (int) (share * 100)));
        line.repeat('=', full).repeat(' ', BAR_WIDTH - full).append("] ");
        line.append(Quantity.bytes(completed)).append('/').append(Quantity.bytes(total));
        long moved = completed - beginBytes;
        if (moved > 0 && now - begin > SETTLED.toNanos() && completed < total) {
            double rate = moved * 1e9 / (now - begin);
            line.append("  ").append(Quantity.bytes((long) rate)).append("/s  ")
                    .append(left((long) ((total - completed) / rate)));
        }
        return line.toString();
    }

    private static String left(long seconds) {
        return seconds < 60
                ? seconds + "s"
                : seconds < 3600
                        ? "%dm%02ds".formatted(seconds / 60, seconds % 60)
                        : "%dh%02dm".formatted(seconds / 3600, seconds / 60 % 60);
    }

    private void endLine() {
        if (open) {
            err.println();
            open = false;
        }
    }

    @Override
    public void close() {
        endLine();
    }
}
