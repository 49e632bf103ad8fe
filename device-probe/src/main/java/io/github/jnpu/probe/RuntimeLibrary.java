package io.github.jnpu.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A library through which programs reach devices.
 *
 * @param kind
 *            which one
 * @param path
 *            the file that would be loaded, absolute; empty if there is none
 * @param version
 *            as the file's name, its package or (deep) the library itself tells; empty if unknown
 * @param devices
 *            what the library says it can use; filled only by a deep probe, which loads it
 * @param checks
 *            whether it is there, new enough and complete
 */
public record RuntimeLibrary(Kind kind, String path, String version, List<String> devices, List<Check> checks) {
    /** Runtimes that jnpu knows. */
    public enum Kind {
        OPENVINO, OPENVINO_GENAI, ONNX_RUNTIME, OPENCL, VULKAN, LEVEL_ZERO, XRT, QNN, CUDA, DIRECTML, CORE_ML
    }

    public RuntimeLibrary {
        Objects.requireNonNull(kind);
        path = Texts.name(path);
        version = Texts.name(version);
        devices = Texts.names(devices);
        checks = List.copyOf(checks);
    }

    /** Whether it is there and nothing that was checked stands against using it. */
    public boolean usable() {
        return !path.isEmpty() && checks.stream().noneMatch(check -> check.status() == Check.Status.FAILED);
    }

    /** The same with one more check. */
    public RuntimeLibrary withCheck(Check check) {
        List<Check> more = new ArrayList<>(checks);
        more.add(check);
        return new RuntimeLibrary(kind, path, version, devices, more);
    }
}
