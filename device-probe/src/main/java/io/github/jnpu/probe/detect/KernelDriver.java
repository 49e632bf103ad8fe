package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.source.SystemSource;

import java.util.List;

/** Whether the kernel drives an NPU, and why not. */
final class KernelDriver {
    private final SystemSource source;
    private final LinuxEnvironment environment;

    KernelDriver(SystemSource source, LinuxEnvironment environment) {
        this.source = source;
        this.environment = environment;
    }

    /** Adds what there is to say; true if the driver is bound. */
    boolean check(PciFunction function, PciNames.Npu npu, List<Check> checks) {
        if (function.driver().equals(npu.driver())) {
            checks.add(Check.passed("kernel driver", "%s is bound to %s".formatted(npu.driver(), function.address())));
            return true;
        }
        if (!function.driver().isEmpty()) {
            checks.add(Check.failed("kernel driver",
                    "%s is bound to %s, not %s".formatted(function.driver(), function.address(), npu.driver()),
                    function.driver().equals("vfio-pci")
                            ? "It is set aside for a virtual machine; use it there, or unbind it from vfio-pci."
                            : "Unbind %s from it and load %s.".formatted(function.driver(), npu.driver())));
            return false;
        }
        String kernel = environment.system().kernel();
        String unbound = "no driver is bound to " + function.address();
        if (!environment.hasKernel(npu.kernel())) {
            checks.add(Check.failed("kernel driver",
                    "%s; Linux %s has none for %s, %s was the first that had".formatted(unbound, kernel,
                            npu.generation(), npu.kernel()),
                    "Install Linux %s or later; on Ubuntu 24.04: sudo apt install linux-generic-hwe-24.04"
                            .formatted(npu.kernel())));
        } else if (environment.isContained()) {
            checks.add(Check.failed("kernel driver", unbound,
                    "Load it on the container's host: sudo modprobe " + npu.driver()));
        } else if (source.node("/sys/module/" + npu.driver()).isEmpty()) {
            checks.add(Check.failed("kernel driver", "%s; module %s is not loaded".formatted(unbound, npu.driver()),
                    "sudo modprobe %s; if there is no such module, install the distribution's linux-modules-extra"
                            .formatted(npu.driver())));
        } else {
            checks.add(Check.failed("kernel driver",
                    "%s, though module %s is loaded".formatted(unbound, npu.driver()),
                    "See why it gave up: sudo dmesg | grep -i %s".formatted(npu.driver())));
            firmware(npu, checks);
        }
        return false;
    }

    private void firmware(PciNames.Npu npu, List<Check> checks) {
        if (npu.firmware().isEmpty()) {
            return;
        }
        String path = "/lib/firmware/" + npu.firmware();
        int slash = path.lastIndexOf('/');
        String prefix = path.substring(slash + 1);
        List<String> files = source.names(path.substring(0, slash)).stream().filter(name -> name.startsWith(prefix)
                && source.node(path.substring(0, slash + 1) + name).isPresent()).toList();
        checks.add(files.isEmpty()
                ? Check.failed("firmware", "there is no %s*".formatted(path),
                        "Install the newest linux-firmware (Debian: firmware-misc-nonfree; Intel's package: "
                                + "intel-fw-npu), then sudo modprobe -r %s && sudo modprobe %s"
                                        .formatted(npu.driver(), npu.driver()))
                : Check.passed("firmware", path.substring(0, slash + 1) + files.getFirst() + " is there"));
    }
}
