package io.github.jnpu.server.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Puts a failure into one line for the user. */
final class ErrorMessage {
    private ErrorMessage() {}

    static String of(Throwable failure) {
        return oneLine(switch (failure) {
            case CompletionException e when e.getCause() != null -> of(e.getCause());
            case ExecutionException e when e.getCause() != null -> of(e.getCause());
            case UncheckedIOException e -> of(e.getCause());
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

    static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
