package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;

import java.util.Optional;

/** What programs need beside the kernel's driver to compute on a GPU. */
final class GpuRuntimes {
    private final LinuxLibraries libraries;

    GpuRuntimes(LinuxLibraries libraries) {
        this.libraries = libraries;
    }

    Check userSpace(int vendor) {
        Optional<String> openCl = switch (vendor) {
            case PciNames.INTEL -> libraries.driver(libraries.openClDrivers(), "intel", "igdrcl");
            case PciNames.AMD_GRAPHICS -> libraries.driver(libraries.openClDrivers(), "amd", "rusticl");
            case PciNames.NVIDIA -> libraries.driver(libraries.openClDrivers(), "nvidia");
            default -> Optional.empty();
        };
        Optional<String> vulkan = switch (vendor) {
            case PciNames.INTEL -> libraries.driver(libraries.vulkanDrivers(), "intel");
            case PciNames.AMD_GRAPHICS -> libraries.driver(libraries.vulkanDrivers(), "radeon", "amd");
            case PciNames.NVIDIA -> libraries.driver(libraries.vulkanDrivers(), "nvidia");
            default -> Optional.empty();
        };
        Optional<String> own = vendor == PciNames.NVIDIA ? libraries.find("libcuda.so.1") : Optional.empty();
        return own.or(() -> openCl).or(() -> vulkan).map(evidence -> Check.passed("user-space driver", evidence))
                .orElseGet(() -> Check.failed("user-space driver", "no driver of its vendor for "
                        + (vendor == PciNames.NVIDIA ? "CUDA, OpenCL or Vulkan" : "OpenCL or Vulkan"), remedy(vendor)));
    }

    private static String remedy(int vendor) {
        return switch (vendor) {
            case PciNames.INTEL -> "Install Intel's compute runtime: sudo apt install intel-opencl-icd";
            case PciNames.AMD_GRAPHICS -> "Install the Vulkan driver: sudo apt install mesa-vulkan-drivers";
            case PciNames.NVIDIA ->
                "Install NVIDIA's driver with its CUDA library; on Ubuntu: sudo ubuntu-drivers install";
            default -> "Install its vendor's driver.";
        };
    }
}
