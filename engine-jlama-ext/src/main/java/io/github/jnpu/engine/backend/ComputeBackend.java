package io.github.jnpu.engine.backend;

import io.github.jnpu.convert.graph.DecoderGraph;

import java.util.ServiceLoader;

/**
 * The plug for a way of computing. Backends are found with {@link ServiceLoader}; a jar can bring one of its own.
 * Implementations have a public constructor without parameters, load nothing in it, and are thread-safe.
 */
public interface ComputeBackend {

    /** Short, lower-case, unique: {@code vector}, {@code reference}, {@code onnxruntime}. */
    String name();

    /** Where it would run, for people: {@code CPU (Vector API, 512 bit)}. */
    String device();

    /** Whether this backend can run a stage of this graph here and now. */
    Suitability suitability(DecoderGraph graph, Stage stage);

    /**
     * Prepares a graph: repacks weights, compiles for the device.
     *
     * @throws BackendException
     *             if the device refuses
     */
    Decoder compile(DecoderGraph graph, DecoderOptions options);
}
