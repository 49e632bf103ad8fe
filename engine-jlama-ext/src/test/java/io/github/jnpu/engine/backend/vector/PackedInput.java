package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.engine.backend.cpu.Kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Input of prefill products as workers prepare it, here in two shares. */
final class PackedInput {
    private PackedInput() {}

    static MemorySegment of(Kernels kernels, float[] input, int tokens, int columns) {
        MemorySegment panels = Arena.ofAuto().allocate(kernels.panelBytes(tokens, columns), 64);
        kernels.pack(input, tokens, columns, panels, 0, columns / 2);
        kernels.pack(input, tokens, columns, panels, columns / 2, columns);
        return panels;
    }
}
