package io.github.jnpu.probe.source;

import java.util.Set;

/** The only environment variables that the probe looks at, and so the only ones that a captured tree holds. */
final class EnvironmentNames {
    static final Set<String> ALL = Set.of(
            // Where libraries lie.
            "OPENVINO_LIB_PATHS", "INTEL_OPENVINO_DIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX",
            "HOMEBREW_PREFIX", "XILINX_XRT", "HOME",
            // Where the loaders of OpenCL and Vulkan look for drivers.
            "OCL_ICD_VENDORS", "VK_DRIVER_FILES", "VK_ICD_FILENAMES",
            // What this process runs in.
            "KUBERNETES_SERVICE_HOST", "container", "WSL_DISTRO_NAME",
            // Windows: the processor's name and the folders of programs.
            "PROCESSOR_IDENTIFIER", "PROCESSOR_ARCHITECTURE", "NUMBER_OF_PROCESSORS", "SystemRoot", "ProgramFiles",
            "ProgramFiles(x86)", "LOCALAPPDATA", "APPDATA", "USERPROFILE", "Path", "PATH");

    private EnvironmentNames() {}
}
