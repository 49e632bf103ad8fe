package io.github.jnpu.engine.backend.vector;

import java.util.Optional;

/**
 * Whether the JIT turns the Vector API into vector instructions. Only C2 does (and compilers that take its place through JVMCI);
 * without it each vector is an object on the heap, and scalar code is far faster: {@code jnpu bench -m demo -p 8 -n 4 -r 1} with
 * {@code -XX:TieredStopAtLevel=1} decodes 3.5 tokens a second with vectors and 56 with scalar code.
 */
final class VectorCompiler {
    private VectorCompiler() {}

    /** What is wrong with this JVM, and the remedy; empty if nothing is. */
    static Optional<String> complaint() {
        return complaint(System.getProperty("java.vm.info", ""), System.getProperty("java.vm.name", ""));
    }

    /**
     * @param info
     *            {@code mixed mode, sharing}; {@code emulated-client} where only C1 compiles, {@code interpreted mode} with -Xint
     * @param name
     *            {@code OpenJDK 64-Bit Server VM}; a client VM has no C2
     */
    static Optional<String> complaint(String info, String name) {
        if (info.contains("interpreted mode")) {
            return Optional.of("this JVM compiles nothing: start Java without -Xint");
        }
        if (info.contains("emulated-client")) {
            return Optional.of(
                    "this JVM's C2 compiler is switched off: start Java without -XX:TieredStopAtLevel=1");
        }
        if (name.contains("Client VM") || name.contains("Minimal VM") || name.contains("Zero VM")) {
            return Optional.of("%s has no C2 compiler: use a JDK with a server VM".formatted(name));
        }
        return Optional.empty();
    }
}
