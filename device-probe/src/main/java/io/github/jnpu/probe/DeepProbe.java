package io.github.jnpu.probe;

import io.github.jnpu.probe.deep.ChildProcessProbe;

/**
 * Asks a runtime library itself what it is and which devices it sees. That means to load it, and loading can crash a process or hang, so
 * nothing asks unless a person wants it.
 */
@FunctionalInterface
public interface DeepProbe {
    /**
     * Asks one library.
     *
     * @param library
     *            as a report has it
     * @return the same with its devices, with the version it says it has, and with a check of how asking went; unchanged if it is not
     *         there or of a kind that cannot be asked
     * @throws InterruptedException
     *             if interrupted while waiting for it
     */
    RuntimeLibrary ask(RuntimeLibrary library) throws InterruptedException;

    /** Asks in a new JVM for each library, which may crash in place of this one and is ended after 20 seconds. Thread-safe. */
    static DeepProbe inChildProcess() {
        return new ChildProcessProbe();
    }
}
