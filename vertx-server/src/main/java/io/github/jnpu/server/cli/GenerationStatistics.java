package io.github.jnpu.server.cli;

import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.placement.Placement;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** What {@code --verbose} prints after an answer, laid out as Ollama does; Ollama does not say what ran it, and why. */
final class GenerationStatistics {
    private GenerationStatistics() {}

    static void print(PrintStream err, Placement placement, GenerationResult result, Duration loadDuration) {
        Duration prompt = result.promptDuration();
        Duration decode = result.decodeDuration();
        int evaluated = result.promptTokens() - result.cachedTokens();
        int generated = result.tokens().size();
        line(err, "backend", placement.toString());
        line(err, "total duration", Quantity.duration(loadDuration.plus(prompt).plus(decode)));
        line(err, "load duration", Quantity.duration(loadDuration));
        line(err, "prompt eval count", result.cachedTokens() == 0
                ? "%d token(s)".formatted(evaluated)
                : "%d token(s), and %d from the cache".formatted(evaluated, result.cachedTokens()));
        line(err, "prompt eval duration", Quantity.duration(prompt));
        line(err, "prompt eval rate", rate(evaluated, prompt));
        line(err, "eval count", "%d token(s)".formatted(generated));
        line(err, "eval duration", Quantity.duration(decode));
        line(err, "eval rate", rate(generated, decode));
    }

    private static void line(PrintStream err, String name, String value) {
        err.println("%-21s %s".formatted(name + ":", value));
    }

    private static String rate(int tokens, Duration duration) {
        return String.format(Locale.ROOT, "%.2f tokens/s",
                duration.isZero() ? 0.0 : tokens / (duration.toNanos() / 1e9));
    }
}
