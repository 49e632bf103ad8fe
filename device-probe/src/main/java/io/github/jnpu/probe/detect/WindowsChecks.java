package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** What has to hold on Windows before a device can be used: it works, and it has a driver that is its own and new enough. */
final class WindowsChecks {
    /** Bits of ConfigFlags as in regstr.h. */
    private static final long DISABLED = 0x01;
    private static final long FAILED_INSTALL = 0x40;
    /** The drivers that Windows brings for any display. */
    private static final List<String> BASIC_DRIVERS = List.of("basicdisplay", "basicrender", "vga", "vgasave");
    /** "It must be 3104 or newer", for language models: github.com/openvinotoolkit/openvino/pull/27489. */
    private static final String INTEL_NPU = "32.0.100.3104";
    /** "Install the NPU driver version 32.0.203.280 or newer": ryzenai.docs.amd.com, Ryzen AI 1.5 to 1.7. */
    private static final String AMD_NPU = "32.0.203.280";

    private final SystemSource source;
    private final WindowsDevice device;
    private final String install;

    /**
     * @param install
     *            how to get the right driver
     */
    WindowsChecks(SystemSource source, WindowsDevice device, String install) {
        this.source = source;
        this.device = device;
        this.install = install;
    }

    static String npuDriver(String vendor) {
        return switch (vendor) {
            case "Intel" -> "Install the Intel NPU Driver for Windows from "
                    + "https://www.intel.com/content/www/us/en/download/794734/intel-npu-driver-windows.html "
                    + "or let Windows Update do it, then restart.";
            case "AMD" -> "Install the NPU driver that https://ryzenai.docs.amd.com/en/latest/inst.html names, "
                    + "then restart.";
            case "Qualcomm" -> "Install the Hexagon NPU driver through Windows Update or from the computer's maker, "
                    + "then restart.";
            default -> "Install the driver of the NPU's vendor through Windows Update, then restart.";
        };
    }

    static String gpuDriver(String vendor) {
        return switch (vendor) {
            case "Intel" -> "Install Intel Arc & Iris Xe Graphics for Windows from "
                    + "https://www.intel.com/content/www/us/en/download/785597/intel-arc-graphics-windows.html, "
                    + "then restart.";
            case "AMD" -> "Install AMD Software: Adrenalin Edition from https://www.amd.com/en/support, then restart.";
            case "NVIDIA" -> "Install the driver from https://www.nvidia.com/drivers, then restart.";
            default -> "Install the graphics driver through Windows Update or from the computer's maker, then restart.";
        };
    }

    /** Whether the device is there and works, and whether it has a driver of its own. */
    List<Check> general() {
        List<Check> checks = new ArrayList<>();
        Check driver = driver();
        Check works = works();
        // "No driver" is the reason for the problem that the device manager has with it, and more to the point.
        if (driver.status() != Check.Status.FAILED || works.status() != Check.Status.FAILED) {
            checks.add(works);
        }
        checks.add(driver);
        return checks;
    }

    boolean hasBasicDriver() {
        return device.value("Service").filter(service -> BASIC_DRIVERS.contains(service.toLowerCase(Locale.ROOT)))
                .isPresent();
    }

    /** Empty where no least version is documented, and where there is no driver at all. */
    Optional<Check> minimumVersion(String vendor) {
        String least = switch (vendor) {
            case "Intel" -> INTEL_NPU;
            case "AMD" -> AMD_NPU;
            default -> "";
        };
        if (least.isEmpty() || device.driverKey().isEmpty()) {
            return Optional.empty();
        }
        Optional<String> version = device.driverValue("DriverVersion");
        if (version.isEmpty()) {
            return Optional.of(Check.unknown("driver version", "%s has no DriverVersion".formatted(
                    device.driverKey().orElseThrow())));
        }
        return Optional.of(compare(version.get(), least) >= 0
                ? Check.passed("driver version", "%s is not older than %s".formatted(version.get(), least))
                : Check.failed("driver version", "%s is older than %s".formatted(version.get(), least), install));
    }

    /** Compares versions number by number; what is no number counts as 0. */
    static int compare(String left, String right) {
        String[] lefts = left.split("\\.", 8);
        String[] rights = right.split("\\.", 8);
        for (int i = 0; i < Math.max(lefts.length, rights.length); i++) {
            int order = Long.compare(i < lefts.length ? Parse.number(lefts[i]).orElse(0) : 0,
                    i < rights.length ? Parse.number(rights[i]).orElse(0) : 0);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private Check works() {
        OptionalInt problem = source.deviceProblem(device.instance());
        String path = device.instance();
        if (problem.isPresent()) {
            int code = problem.getAsInt();
            return code == 0
                    ? Check.passed("device", "%s works, says the device manager".formatted(path))
                    : Check.failed("device", "%s: the device manager says %s (code %d)".formatted(path,
                            problem(code), code), remedy(code));
        }
        OptionalLong flags = device.value("ConfigFlags").map(Parse::number).orElse(OptionalLong.empty());
        if ((flags.orElse(0) & DISABLED) != 0) {
            return Check.failed("device", "%s is disabled: ConfigFlags %d".formatted(path, flags.orElse(0)),
                    remedy(22));
        }
        if ((flags.orElse(0) & FAILED_INSTALL) != 0) {
            return Check.failed("device", "%s: its installation failed: ConfigFlags %d".formatted(path,
                    flags.orElse(0)), install);
        }
        return Check.unknown("device",
                "%s is in the registry, which remembers hardware that was taken out; the device manager was not asked"
                        .formatted(path));
    }

    private Check driver() {
        Optional<String> key = device.driverKey();
        if (key.isEmpty()) {
            return Check.failed("driver", "%s has no driver".formatted(device.key()), install);
        }
        String version = device.driverValue("DriverVersion").orElse("without version");
        if (hasBasicDriver()) {
            return Check.failed("driver", "%s runs with the basic driver of Windows, %s, which only draws".formatted(
                    device.instance(), device.value("Service").orElse("")), install);
        }
        return Check.passed("driver", "%s %s%s%s in %s".formatted(device.value("Service").orElse("driver"), version,
                device.driverValue("DriverDate").map(date -> " of " + date).orElse(""),
                device.driverValue("ProviderName").map(name -> " by " + name).orElse(""), key.get()));
    }

    /** Codes as in cfg.h and in Microsoft's "Error codes in Device Manager in Windows". */
    private static String problem(int code) {
        return switch (code) {
            case 1 -> "it is not set up";
            case 10 -> "it cannot start";
            case 12 -> "it finds not enough free resources";
            case 14 -> "it needs a restart of the computer";
            case 18 -> "its driver has to be installed again";
            case 22 -> "it is disabled";
            case 24 -> "it is not there or does not answer";
            case 28 -> "it has no driver";
            case 31 -> "its driver cannot be loaded";
            case 32 -> "its driver is disabled";
            case 37 -> "its driver did not start";
            case 39 -> "its driver is damaged or missing";
            case 43 -> "it was stopped because it reported problems";
            case 47 -> "it was prepared for removal";
            case 48 -> "its driver is blocked";
            case 52 -> "its driver is not signed";
            case 54 -> "it failed and is being reset";
            default -> "it has a problem";
        };
    }

    private String remedy(int code) {
        return switch (code) {
            case 22 -> "Enable it, as administrator: pnputil /enable-device \"%s\"".formatted(device.instance());
            case 14, 47, 54 -> "Restart the computer.";
            case 12 -> "Update the computer's firmware (BIOS), or look there for a switch for this device.";
            case 10, 24, 43 -> "Restart it, as administrator: pnputil /restart-device \"%s\". If that does not help: %s"
                    .formatted(device.instance(), install);
            default -> install;
        };
    }
}
