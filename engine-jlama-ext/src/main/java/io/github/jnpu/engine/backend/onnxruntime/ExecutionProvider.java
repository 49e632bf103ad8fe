package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeLibrary;
import io.github.jnpu.engine.backend.onnxruntime.capi.SessionOptions;
import io.github.jnpu.probe.Device;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Where ONNX Runtime computes, for providers that are part of its library or beside it in the same build. */
public enum ExecutionProvider {
    CPU("CPU", Acceleration.CPU, "CPUExecutionProvider", "", Map.of()),
    /** NVIDIA. */
    CUDA("CUDA", Acceleration.GPU, "CUDAExecutionProvider", "", Map.of()),
    /** Any GPU with Direct3D 12, on Windows. */
    DIRECTML("DirectML", Acceleration.GPU, "DmlExecutionProvider", "DML", Map.of()),
    /** Intel's NPUs, GPUs and CPUs; the NPU if nothing else is said by {@code device_type}. */
    OPENVINO("OpenVINO", Acceleration.NPU, "OpenVINOExecutionProvider", "OpenVINO", Map.of("device_type", "NPU")),
    /** Qualcomm's NPUs; another part of the chip by {@code backend_type}. */
    QNN("QNN", Acceleration.NPU, "QNNExecutionProvider", "QNN", Map.of("backend_type", "htp")),
    /** Apple's Neural Engine, GPU and CPU, as Core ML shares the work out. */
    COREML("Core ML", Acceleration.NPU, "CoreMLExecutionProvider", "CoreML", Map.of("ModelFormat", "MLProgram")),
    /** CPUs of phones, with floats only. */
    XNNPACK("XNNPACK", Acceleration.CPU, "XnnpackExecutionProvider", "XNNPACK", Map.of()),
    /**
     * Any GPU through Vulkan, Metal or Direct3D 12; in ONNX Runtime's builds for npm and for Macs. The layout is one of convolutions, which decoders have
     * not; with its other value, 1.29 does not tell which nodes run here.
     */
    WEBGPU("WebGPU", Acceleration.GPU, "WebGpuExecutionProvider", "WebGPU", Map.of("preferredLayout", "NCHW"));

    private static final int QNN_TOKENS = 64;
    /** The engine's default context. */
    private static final int QNN_CAPACITY = 4096;

    private final String label;
    private final Acceleration acceleration;
    private final String nodeProvider;
    private final String shortName;
    private final Map<String, String> defaults;

    ExecutionProvider(String label, Acceleration acceleration, String nodeProvider, String shortName,
            Map<String, String> defaults) {
        this.label = label;
        this.acceleration = acceleration;
        this.nodeProvider = nodeProvider;
        this.shortName = shortName;
        this.defaults = defaults;
    }

    /**
     * The provider that users write so, in any case.
     *
     * @throws BackendException
     *             if there is none
     */
    public static ExecutionProvider of(String option) {
        return Arrays.stream(values()).filter(provider -> provider.option().equalsIgnoreCase(option)).findFirst()
                .orElseThrow(() -> new BackendException(
                        "ONNX Runtime's provider '%s' is not known; known are %s, and any other as name=FILE of its library"
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

    /** The name that ONNX Runtime has for it beside nodes. */
    String nodeProvider() {
        return nodeProvider;
    }

    /** Options that it gets where the user gives none of the same name. */
    Map<String, String> defaults() {
        return defaults;
    }

    /** Those that a device of the probe's can be reached through, with what tells them which. Loads the library. */
    static List<ProviderChoice> reaching(Device device) {
        boolean npu = device.kind() == Device.Kind.NPU;
        String vendor = device.vendor().toLowerCase(Locale.ROOT);
        boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
        List<ProviderChoice> choices = new ArrayList<>();
        for (ExecutionProvider provider : values()) {
            boolean reaches = switch (provider) {
                case CPU, XNNPACK -> false;
                case CUDA -> !npu && vendor.contains("nvidia");
                case DIRECTML -> !npu && windows;
                case OPENVINO -> vendor.contains("intel");
                case QNN -> npu && vendor.contains("qualcomm");
                case COREML -> npu && vendor.contains("apple");
                case WEBGPU -> !npu;
            };
            if (reaches && provider.complaint().isEmpty()) {
                Map<String, String> options = provider == OPENVINO && !npu ? Map.of("device_type", "GPU") : Map.of();
                choices.add(new ProviderChoice.BuiltIn(provider, options, true));
            }
        }
        return choices;
    }

    /**
     * How models are written for it. QNN and Core ML know plain operators only; QNN wants sizes that stand in the graph and weights in 8 bits by rows. Neither could
     * be tried: what they take is from their lists of operators.
     */
    OnnxOptions suited(OnnxOptions options) {
        return switch (this) {
            case CPU -> options;
            case QNN -> options.standard(OnnxOptions.Weights.CHANNELS).withShape(QNN_TOKENS, QNN_CAPACITY);
            case COREML, XNNPACK -> options.standard(OnnxOptions.Weights.FLOAT);
            case CUDA, DIRECTML, OPENVINO, WEBGPU -> options.withProducts(OnnxOptions.Products.STANDARD);
        };
    }

    /** Why the library does not have it; empty if it has. Loads the library. */
    Optional<String> complaint() {
        Optional<String> absent = OnnxRuntimeLibrary.complaint();
        if (absent.isPresent()) {
            return absent;
        }
        OnnxRuntimeLibrary library = OnnxRuntimeLibrary.load();
        List<String> there = library.providers();
        if (there.contains(nodeProvider)) {
            return Optional.empty();
        }
        String others = Arrays.stream(values()).filter(other -> there.contains(other.nodeProvider))
                .map(ExecutionProvider::option).collect(Collectors.joining(", "));
        return Optional.of(("this build of ONNX Runtime %s has no %s provider, only %s: name one that has with"
                + " -Donnxruntime.native.onnxruntime.path=FILE").formatted(library.version(), label, others));
    }

    void addTo(SessionOptions settings, Map<String, String> options) {
        switch (this) {
            case CPU -> {
                // Always there.
            }
            case CUDA -> settings.cudaProvider(options);
            default -> settings.provider(shortName, options);
        }
    }
}
