package io.github.jnpu.engine.jlama;

/** What tests on jlama share: its thread pool exists once in a JVM. */
final class JlamaTests {
    static final int THREADS = Math.min(2, Runtime.getRuntime().availableProcessors());

    private JlamaTests() {}
}
