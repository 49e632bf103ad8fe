package io.github.jnpu.server.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Gives this process its real standard error back.
 *
 * <p>The JVM greets every user of the Vector API with "WARNING: Using incubator modules", which no option silences: the
 * boot code prints it to {@code System.err}. So the launcher starts the JVM with descriptor 2 going through a filter that
 * takes out this line only, and the real one on another descriptor. As soon as the JVM is up the filter has done its
 * work: the descriptors are put back, and from here on nothing stands between the program, the JVM's own crash reports and
 * the terminal.
 */
final class StandardError {
    private static final String DESCRIPTOR = "jnpu.stderr";
    private static final int STANDARD_ERROR = 2;

    private StandardError() {}

    @SuppressWarnings("restricted")
    static void restore() {
        Integer real = Integer.getInteger(DESCRIPTOR);
        if (real == null) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        FunctionDescriptor dup2 = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT);
        FunctionDescriptor close = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        try {
            MethodHandle dup2Handle = linker.downcallHandle(linker.defaultLookup().findOrThrow("dup2"), dup2);
            MethodHandle closeHandle = linker.downcallHandle(linker.defaultLookup().findOrThrow("close"), close);
            if ((int) dup2Handle.invokeExact(real.intValue(), STANDARD_ERROR) == STANDARD_ERROR) {
                int ignored = (int) closeHandle.invokeExact(real.intValue());
            }
        } catch (Throwable e) {
            // The filter stays in place, which only costs a process.
            System.getLogger(StandardError.class.getName()).log(System.Logger.Level.DEBUG, "dup2 failed", e);
        }
    }
}
