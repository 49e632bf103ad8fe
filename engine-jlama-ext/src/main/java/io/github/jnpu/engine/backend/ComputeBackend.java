package io.github.jnpu.engine.backend;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.probe.DeviceReport;

import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/**
 * The plug for a way of computing. Backends are found with {@link ServiceLoader}; a jar can bring one of its own.
 * Implementations have a public constructor without parameters, load nothing in it, and are thread-safe.
 */
public interface ComputeBackend {

    /** Short, lower-case, unique: {@code vector}, {@code reference}, {@code onnxruntime}. */
    String name();

    /** Where it would run, for people: {@code CPU (Vector API, 512 bit)}. */
    String device();

    /** What sort of processor that is. */
    default Acceleration acceleration() {
        return Acceleration.CPU;
    }

    /** Which one, as the probe's reports name it: {@code cpu}, {@code npu0}. */
    default String deviceId() {
        return "cpu";
    }

    /** What users write to get exactly this: the name, or name and device, as {@code onnxruntime:webgpu}. */
    default String target() {
        return name();
    }

    /**
     * The same way of computing on each device that this machine has for it, itself among them. Loads native libraries only where the machine
     * has a device that they are for.
     *
     * @param machine
     *            what the probe has found; takes some tens of milliseconds when it is asked for the first time
     */
    default List<ComputeBackend> devices(Supplier<DeviceReport> machine) {
        return List.of(this);
    }

    /**
     * Which version of which library and driver computes, so that what was found out about it holds as long as this stays the same; empty
     * for code that is part of jnpu.
     */
    default String version() {
        return "";
    }

    /** Whether its logits are to be compared with jnpu's own before it is trusted with a model: somebody else's library computes. */
    default boolean needsSelfCheck() {
        return false;
    }

    /**
     * The same way of computing on another of its devices.
     *
     * @param device
     *            as users write it behind the backend's name: {@code webgpu} in {@code onnxruntime:webgpu}
     * @throws BackendException
     *             one line that says which devices it knows, if it does not know this one
     */
    default ComputeBackend on(String device) {
        throw new BackendException("backend '%s' has one device only, not '%s'".formatted(name(), device));
    }

    /** Whether this backend can run a stage of this graph here and now. */
    Suitability suitability(DecoderGraph graph, Stage stage);

    /**
     * What a graph would take of memory, without compiling it. By default the weights as they are in the file and the KV cache.
     *
     * @param contextLength
     *            tokens in the KV cache
     */
    default MemoryEstimate estimate(DecoderGraph graph, DecoderOptions options, int contextLength) {
        return new MemoryEstimate(graph.tensorBytes(), options.cacheType().bytesPerToken(graph.config())
                * contextLength, 0, 0);
    }

    /**
     * Prepares a graph: repacks weights, compiles for the device.
     *
     * @throws BackendException
     *             if the device refuses
     */
    Decoder compile(DecoderGraph graph, DecoderOptions options);
}
