/** Prints a {@link io.github.jnpu.convert.graph.DecoderGraph} as an ONNX model whose weights stay outside of it. */
package io.github.jnpu.convert.onnx;
