package io.github.jnpu.engine.backend.onnxruntime.capi;

/**
 * A node of a model and who runs it.
 *
 * @param provider
 *            as {@code CPUExecutionProvider}
 * @param operator
 *            as {@code MatMulNBits}
 * @param name
 *            the node's, maybe empty
 */
public record AssignedNode(String provider, String operator, String name) {}
