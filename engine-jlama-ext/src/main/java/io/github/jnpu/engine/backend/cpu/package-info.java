/**
 * What the backends that compute on the CPU share: the walk over the graph, its buffers, the KV cache and the worker pool.
 * The arithmetic is behind {@link io.github.jnpu.engine.backend.cpu.Kernels}.
 */
package io.github.jnpu.engine.backend.cpu;
