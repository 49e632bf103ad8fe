package io.github.jnpu.probe.detect;

/** How a pod gets at a device of its node. */
final class KubernetesAdvice {
    private KubernetesAdvice() {}

    static String ofGpu(int vendor) {
        return vendor == PciNames.INTEL
                ? "Install Intel's device plugin for GPUs in the cluster and ask for gpu.intel.com/i915: 1 (or xe: 1) in the "
                        + "pod's resource limits."
                : of(vendor);
    }

    static String of(int vendor) {
        String ask = switch (vendor) {
            case PciNames.INTEL -> "install Intel's device plugin for NPUs in the cluster and ask for "
                    + "npu.intel.com/accel: 1 in the pod's resource limits";
            case PciNames.NVIDIA ->
                "install NVIDIA's device plugin in the cluster and ask for nvidia.com/gpu: 1 in the "
                        + "pod's resource limits";
            default -> "ask for it through its vendor's device plugin in the pod's resource limits";
        };
        return Character.toUpperCase(ask.charAt(0)) + ask.substring(1) + ".";
    }
}
