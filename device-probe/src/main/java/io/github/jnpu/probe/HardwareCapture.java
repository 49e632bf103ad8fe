package io.github.jnpu.probe;

import io.github.jnpu.probe.source.Recording;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/**
 * Copies what a probe reads, so that somebody else can look at a machine with {@link HardwareProbe#captured(Path)}. It holds no file that
 * the probe does not read, and no environment variable but those that say where libraries lie; names of users besides the system's own
 * and this process's are left out.
 */
public final class HardwareCapture {
    private HardwareCapture() {}

    /**
     * Looks at the machine and writes the files that were read, at most some hundred with some hundred kilobytes.
     *
     * @param target
     *            a folder, created if absent; must be empty
     * @throws IOException
     *             if it cannot be written, or holds something
     */
    public static void write(HardwareProbe probe, Path target) throws IOException {
        probe.look(source -> {
            Recording recording = Recording.of(source);
            probe.report(Set.of(), recording);
            return recording;
        }).writeTo(target);
    }
}
