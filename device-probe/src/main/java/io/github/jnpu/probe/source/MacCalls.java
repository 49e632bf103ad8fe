package io.github.jnpu.probe.source;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * The functions of macOS that the probe calls.
 *
 * @param sysctlbyname
 *            (name, old value, its bytes, new value, its bytes) as in sysctl(3); returns 0 for success
 */
record MacCalls(MethodHandle sysctlbyname) {
    private static final class Bound {
        static final Optional<MacCalls> CALLS = bind();
    }

    /** Empty on other systems and where native access is not granted. */
    static Optional<MacCalls> load() {
        return Bound.CALLS;
    }

    @SuppressWarnings("restricted")
    private static Optional<MacCalls> bind() {
        if (!System.getProperty("os.name").startsWith("Mac") || !MacCalls.class.getModule().isNativeAccessEnabled()) {
            return Optional.empty();
        }
        Linker linker = Linker.nativeLinker();
        // Part of libSystem, which every process has.
        Optional<MemorySegment> sysctlbyname = linker.defaultLookup().find("sysctlbyname");
        return sysctlbyname.map(address -> new MacCalls(linker.downcallHandle(address,
                FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG))));
    }
}
