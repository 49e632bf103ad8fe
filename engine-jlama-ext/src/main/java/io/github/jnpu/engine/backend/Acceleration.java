package io.github.jnpu.engine.backend;

/** Sorts of processors that a backend computes on. */
public enum Acceleration {
    CPU, GPU, NPU
}
