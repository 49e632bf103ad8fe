package io.github.jnpu.engine.backend.vector;

import java.lang.foreign.MemorySegment;

/**
 * All memory as one constant segment. A load through a matrix's own segment checks bounds and liveness each time, and C2 does not
 * take those checks out of a loop that it does not unroll; here they fold away. Whoever uses it has checked the whole range before,
 * and keeps the memory's owner alive.
 */
final class NativeMemory {
    @SuppressWarnings("restricted") // says nothing new: the address and length of every tensor were checked when it was mapped
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private NativeMemory() {}
}
