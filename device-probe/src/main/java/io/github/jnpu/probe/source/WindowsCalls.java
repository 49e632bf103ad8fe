package io.github.jnpu.probe.source;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.NoSuchElementException;
import java.util.Optional;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * The functions of Windows that the probe calls; types as in winreg.h, cfgmgr32.h and sysinfoapi.h for 64-bit Windows. Handles of
 * registry keys are passed as numbers, because the predefined ones are. Each returns 0 for success, except the last.
 *
 * @param regOpenKeyEx
 *            (key, name, options, access, opened key)
 * @param regQueryValueEx
 *            (key, name, reserved, type, data, bytes)
 * @param regEnumKeyEx
 *            (key, index, name, characters, reserved, class, its characters, time)
 * @param regCloseKey
 *            (key)
 * @param locateDevNode
 *            (node, instance id, flags)
 * @param getDevNodeStatus
 *            (status, problem, node, flags)
 * @param getLogicalProcessorInformationEx
 *            (kind, list, bytes); returns 0 for failure
 */
record WindowsCalls(MethodHandle regOpenKeyEx, MethodHandle regQueryValueEx, MethodHandle regEnumKeyEx,
        MethodHandle regCloseKey, MethodHandle locateDevNode, MethodHandle getDevNodeStatus,
        MethodHandle getLogicalProcessorInformationEx) {

    /** Binding takes some tens of milliseconds; once is enough. */
    private static final class Bound {
        static final Optional<WindowsCalls> CALLS = bind();
    }

    /** The libraries stay loaded as long as the JVM runs. Empty on other systems and where native access is not granted. */
    static Optional<WindowsCalls> load() {
        return Bound.CALLS;
    }

    @SuppressWarnings("restricted")
    private static Optional<WindowsCalls> bind() {
        if (!System.getProperty("os.name").startsWith("Windows")
                || !WindowsCalls.class.getModule().isNativeAccessEnabled()) {
            return Optional.empty();
        }
        try {
            SymbolLookup registry = SymbolLookup.libraryLookup("advapi32.dll", Arena.global());
            SymbolLookup devices = SymbolLookup.libraryLookup("cfgmgr32.dll", Arena.global());
            SymbolLookup kernel = SymbolLookup.libraryLookup("kernel32.dll", Arena.global());
            return Optional.of(new WindowsCalls(
                    bind(registry, "RegOpenKeyExW", JAVA_LONG, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS),
                    bind(registry, "RegQueryValueExW", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS),
                    bind(registry, "RegEnumKeyExW", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS,
                            ADDRESS),
                    bind(registry, "RegCloseKey", JAVA_LONG),
                    bind(devices, "CM_Locate_DevNodeW", ADDRESS, ADDRESS, JAVA_INT),
                    bind(devices, "CM_Get_DevNode_Status", ADDRESS, ADDRESS, JAVA_INT, JAVA_INT),
                    bind(kernel, "GetLogicalProcessorInformationEx", JAVA_INT, ADDRESS, ADDRESS)));
        } catch (IllegalArgumentException | NoSuchElementException e) {
            // A Windows without one of these is none that Java runs on; the report then says what it cannot know.
            return Optional.empty();
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle bind(SymbolLookup library, String name, MemoryLayout... parameters) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name),
                FunctionDescriptor.of(JAVA_INT, parameters));
    }
}
