/**
 * Runs graphs on ONNX Runtime, through its C API in {@link io.github.jnpu.engine.backend.onnxruntime.capi}. All classes load where the library is absent.
 */
package io.github.jnpu.engine.backend.onnxruntime;
