package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.source.SystemSource;

import java.util.Optional;

/**
 * A GPU that is part of a system on a chip, which the device tree describes.
 *
 * @param address
 *            the platform device: {@code 1002000000.v3d}
 * @param runtime
 *            whether there is a way to compute with it
 */
record OnChipGpu(String driver, String address, String hardwareId, String vendor, String name, Check runtime) {
    /**
     * @param node
     *            as {@code renderD128}
     * @param device
     *            the platform device behind it
     */
    static Optional<OnChipGpu> of(SystemSource source, String node, String device) {
        String folder = "/sys/class/drm/%s/device".formatted(node);
        String driver = source.link(folder + "/driver").map(Parse::lastName).orElse("");
        Check slow = Check.failed("computing", "no runtime that jnpu knows runs language models on it",
                "Use the CPU.");
        Check untried = Check.unknown("computing", "OpenCL or Vulkan may reach it; nobody has tried it with jnpu");
        return Optional.ofNullable(switch (driver) {
            case "v3d" -> gpu(driver, device, "Broadcom", "VideoCore", slow);
            case "vc4-drm", "vc4" -> gpu(driver, device, "Broadcom", "VideoCore IV", slow);
            case "msm", "msm_dpu", "msm-mdss", "adreno" -> gpu(driver, device, "Qualcomm", "Adreno", untried);
            case "panthor", "panfrost" -> gpu(driver, device, "Arm", "Mali", untried);
            case "asahi" -> gpu(driver, device, "Apple", "Apple GPU", untried);
            case "lima", "etnaviv" -> gpu(driver, device, "", driver, slow);
            default -> null;
        });
    }

    private static OnChipGpu gpu(String driver, String device, String vendor, String name, Check runtime) {
        return new OnChipGpu(driver, device, "", vendor, name, runtime);
    }
}
