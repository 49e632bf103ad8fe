package io.github.jnpu.server.cli;

import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/** Puts a failure into one line for the user. */
final class ErrorMessage {
    private ErrorMessage() {}

    static String of(Throwable failure) {
        return oneLine(switch (failure) {
            case CompletionException e when e.getCause() != null -> of(e.getCause());
            case ExecutionException e when e.getCause() != null -> of(e.getCause());
            case UncheckedIOException e -> of(e.getCause());
            // Picocli wraps what a setter of ours throws, and its own words for that help nobody.
            case ParameterException e when refusal(e).isPresent() -> refusal(e).get().getMessage();
            case UnmatchedArgumentException e when e.getCommandLine().getParent() == null && !e.getUnmatched().isEmpty()
                    && !e.getUnmatched().getFirst().startsWith("-") ->
                "unknown command '%s'"
                        .formatted(e.getUnmatched().getFirst());
            case OutOfMemoryError e ->
                "out of memory: %s; give Java more with JNPU_JAVA_OPTS=-Xmx4g, or ask for a smaller context (--num-ctx)"
                        .formatted(e.getMessage());
            // These three carry the bare file name as their message.
            case NoSuchFileException e -> "%s: no such file".formatted(e.getFile());
            case AccessDeniedException e -> "%s: permission denied".formatted(e.getFile());
            case FileSystemException e -> e.getReason() == null
                    ? "%s: cannot be read or written".formatted(e.getFile())
                    : e.getMessage();
            case IOException e when e.getMessage() != null -> e.getMessage();
            // A class of ours or of a library whose message was written for users; without one, its name says more.
            default -> failure.getMessage() == null || failure instanceof Error
                    ? failure.toString()
                    : failure.getMessage();
        });
    }

    private static Optional<Throwable> refusal(ParameterException failure) {
        return failure.getMessage().startsWith("Could not invoke")
                ? Stream.iterate(failure.getCause(), Objects::nonNull, Throwable::getCause)
                        .filter(IllegalArgumentException.class::isInstance).findFirst()
                : Optional.empty();
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
