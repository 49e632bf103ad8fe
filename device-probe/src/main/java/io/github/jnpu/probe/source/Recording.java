package io.github.jnpu.probe.source;

import java.io.IOException;
import java.nio.file.Path;

/** A source that remembers what was read from another, so that somebody else can look at the same machine. */
public interface Recording extends SystemSource {
    /** A recording in the form that suits the source's system. */
    static Recording of(SystemSource source) {
        return switch (source.family()) {
            case WINDOWS -> new WindowsRecording(source);
            case MACOS -> new MacRecording(source);
            default -> new RecordingSource(source);
        };
    }

    /**
     * Writes everything that was read.
     *
     * @param root
     *            created if absent; must be empty
     * @throws IOException
     *             if it cannot be written, or holds something
     */
    void writeTo(Path root) throws IOException;
}
