package io.github.jnpu.engine.backend.onnxruntime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where ONNX Runtime computes, for providers that are part of its library. All but {@link #CPU} must take the whole network: a node that they cannot run
 * makes the session fail, rather than go to the CPU without a word.
 */
public enum ExecutionProvider {
    CPU("CPU", Acceleration.CPU),
    /** NVIDIA. */
    CUDA("CUDA", Acceleration.GPU),
    /** Any GPU through Vulkan, Metal or Direct3D 12; in ONNX Runtime's builds for npm and for Macs. */
    WEBGPU("WebGPU", Acceleration.GPU);

    private final String label;
    private final Acceleration acceleration;

    ExecutionProvider(String label, Acceleration acceleration) {
        this.label = label;
        this.acceleration = acceleration;
    }

    /**
     * The provider that users write so, in any case.
     *
     * @throws BackendException
     *             if there is none
     */
    public static ExecutionProvider of(String option) {
        return Arrays.stream(values()).filter(provider -> provider.option().equalsIgnoreCase(option)).findFirst()
                .orElseThrow(() -> new BackendException("ONNX Runtime's provider '%s' is not known; known are %s"
                        .formatted(option, Arrays.stream(values()).map(ExecutionProvider::option)
                                .collect(Collectors.joining(", ")))));
    }

    /** As vendors write it. */
    String label() {
        return label;
    }

    /** As users write it. */
    String option() {
        return name().toLowerCase(Locale.ROOT);
    }

    Acceleration acceleration() {
        return acceleration;
    }

    /** Why the library does not have it; empty if it has. Loads the library. */
    Optional<String> complaint() {
        EnumSet<OrtProvider> there = OrtEnvironment.getAvailableProviders();
        if (there.contains(provider())) {
            return Optional.empty();
        }
        String others = there.stream().map(other -> other.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
        return Optional.of(("this build of ONNX Runtime has no %s provider, only %s: name one that has with"
                + " -Donnxruntime.native.onnxruntime.path=FILE, of version %s").formatted(label, others,
                        OnnxDecoder.libraryVersion()));
    }

    private OrtProvider provider() {
        return switch (this) {
            case CPU -> OrtProvider.CPU;
            case CUDA -> OrtProvider.CUDA;
            case WEBGPU -> OrtProvider.WEBGPU;
        };
    }

    /** Makes sessions run here and nowhere else. */
    void addTo(SessionOptions settings) throws OrtException {
        switch (this) {
            case CPU -> {
                return;
            }
            case CUDA -> settings.addCUDA();
            // Options in this call crash the library's 1.29; as entries of the session they work.
            case WEBGPU -> settings.addWebGPU(Map.of());
        }
        settings.addConfigEntry("session.disable_cpu_ep_fallback", "1");
    }
}
