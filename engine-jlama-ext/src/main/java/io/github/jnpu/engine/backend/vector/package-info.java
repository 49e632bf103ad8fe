/**
 * The backend on the Vector API. Nothing outside {@link io.github.jnpu.engine.backend.vector.VectorBackend} may be touched
 * before it has made sure that the module is there.
 *
 * <p>Kernels follow three rules that keep C2 from boxing vectors: no vector crosses a method border, species are constants,
 * and a kernel is one flat method.
 */
package io.github.jnpu.engine.backend.vector;
