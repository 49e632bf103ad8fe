package io.github.jnpu.probe;

/** What one operating system tells. */
interface SystemFacts {
    Cpu cpu();

    Memory memory();
}
