/**
 * Runs graphs on ONNX Runtime. Only {@link io.github.jnpu.engine.backend.onnxruntime.OnnxRuntimeBackend} can be loaded without it: no
 * other class here is touched before it is known to be on the class path.
 */
package io.github.jnpu.engine.backend.onnxruntime;
