/**
 * ONNX Runtime's C API through the JDK's foreign-function interface: as much of it as a decoder needs. Functions are taken from the
 * table {@code OrtApi} by their place, which never changes once it is published. Loading nothing until
 * {@link io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeLibrary#load} is called; without native access the JVM warns, or
 * refuses if it was told to.
 *
 * <p>Objects of the library are closed by whoever made them, and not while another that was made from them is used. Unless they say
 * otherwise, they are for one thread at a time.
 */
package io.github.jnpu.engine.backend.onnxruntime.capi;
