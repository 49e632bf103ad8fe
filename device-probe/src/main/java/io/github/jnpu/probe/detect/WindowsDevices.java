package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * NPUs, GPUs and USB accelerators from the registry: every device of the setup classes ComputeAccelerator and Display, and those whose
 * number is known though no driver has put them into a class.
 *
 * <p>Where the device manager cannot be asked (no native access, or a capture without {@code devices.csv}) hardware that was taken out
 * looks like hardware that is there; a check of unknown outcome says so.
 */
final class WindowsDevices {
    private static final String MYRIAD = "VID_03E7&PID_2485";
    private static final String MYRIAD_BOOTED = "VID_03E7&PID_F63B";
    /** The Hyper-V bus has one display, which is drawn by the host. */
    private static final String HYPER_V_BUS = "VMBUS";
    private static final Pattern DISCRETE_RADEON = Pattern.compile(".*\\b(RX|PRO W\\d+|AI PRO|VII|Instinct)\\b.*",
            Pattern.CASE_INSENSITIVE);

    private final SystemSource source;
    private final String cpu;

    WindowsDevices(SystemSource source) {
        this.source = source;
        this.cpu = WindowsCpu.model(source);
    }

    /** NPUs first, then GPUs, then USB; each in the order of its bus. */
    List<Device> read() {
        List<WindowsDevice> present = Stream.of("PCI", "ACPI", HYPER_V_BUS)
                .flatMap(bus -> WindowsDevice.all(source, bus).stream()).filter(this::isInteresting)
                .filter(device -> !isGone(device))
                .sorted(Comparator.comparing(WindowsDevice::bus, Comparator.comparingInt(this::rank))
                        .thenComparing(WindowsDevice::address).thenComparing(WindowsDevice::instance))
                .toList();
        List<Device> devices = new ArrayList<>();
        List<WindowsDevice> npus = present.stream().filter(this::isNpu).toList();
        Set<Integer> graphics = present.stream()
                .filter(device -> device.vendor() == PciNames.INTEL && device.isClass(WindowsDevice.DISPLAYS))
                .map(WindowsDevice::product).collect(Collectors.toSet());
        for (int i = 0; i < npus.size(); i++) {
            devices.add(npu(npus.get(i), "npu" + i, graphics));
        }
        List<WindowsDevice> gpus = present.stream().filter(device -> !isNpu(device)).toList();
        for (int i = 0; i < gpus.size(); i++) {
            devices.add(gpu(gpus.get(i), "gpu" + i));
        }
        // Only these: what else is plugged in, with its serial number, is nobody's business.
        List<WindowsDevice> sticks = Stream.of(MYRIAD, MYRIAD_BOOTED)
                .flatMap(id -> WindowsDevice.all(source, "USB", id).stream()).filter(device -> !isGone(device))
                .toList();
        for (int i = 0; i < sticks.size(); i++) {
            WindowsDevice stick = sticks.get(i);
            devices.add(LinuxUsb.myriad("usb" + i, "", "%04x".formatted(stick.product())));
        }
        return devices;
    }

    private int rank(String bus) {
        return List.of("PCI", "ACPI", HYPER_V_BUS).indexOf(bus);
    }

    private boolean isInteresting(WindowsDevice device) {
        return isNpu(device) || device.isClass(WindowsDevice.DISPLAYS);
    }

    private boolean isNpu(WindowsDevice device) {
        return device.isClass(WindowsDevice.ACCELERATORS)
                || PciNames.npu(device.vendor(), device.product(), device.revision(), Set.of()).isPresent()
                || device.acpiId().filter(Hexagon::isOne).isPresent();
    }

    private boolean isGone(WindowsDevice device) {
        return source.deviceProblem(device.instance()).equals(OptionalInt.of(SystemSource.NOT_CONNECTED));
    }

    private Device npu(WindowsDevice device, String id, Set<Integer> graphics) {
        Optional<PciNames.Npu> known = PciNames.npu(device.vendor(), device.product(), device.revision(), graphics);
        Optional<Hexagon> hexagon = device.acpiId().filter(acpi -> acpi.startsWith("QCOM"))
                .map(_ -> Hexagon.of(device.name() + " " + cpu));
        String vendor = vendor(device);
        WindowsChecks checks = new WindowsChecks(source, device, WindowsChecks.npuDriver(vendor));
        List<Check> all = new ArrayList<>(checks.general());
        checks.minimumVersion(vendor).ifPresent(all::add);
        known.filter(npu -> !npu.languageModels())
                .ifPresent(npu -> all.add(Check.failed("generation",
                        "%s runs no language models on %s".formatted(npu.vendor(), npu.generation()),
                        "Use the GPU or the CPU; language models need "
                                + (vendor.equals("AMD") ? "XDNA 2 (Ryzen AI 300 and later)." : "another device."))));
        return new Device(Device.Kind.NPU, id, device.hardwareId(), device.address(), "", vendor,
                // Intel's and Qualcomm's are named well; AMD's is "NPU Compute Accelerator Device" in all generations.
                known.filter(_ -> vendor.equals("AMD") || device.driverKey().isEmpty()).map(PciNames.Npu::name)
                        .orElseGet(device::name),
                known.map(PciNames.Npu::generation).or(() -> hexagon.map(Hexagon::generation)).orElse(""),
                true, driver(device), known.flatMap(PciNames.Npu::tops).or(() -> hexagon.flatMap(Hexagon::tops)),
                OptionalLong.empty(),
                known.map(PciNames.Npu::precisions)
                        .or(() -> hexagon.map(_ -> List.of("INT4", "INT8", "INT16", "FP16"))).orElse(List.of()),
                all);
    }

    private Device gpu(WindowsDevice device, String id) {
        Optional<PciNames.Gpu> known = PciNames.gpu(device.vendor(), device.product());
        Optional<String> display = device.bus().equals(HYPER_V_BUS)
                ? Optional.of("Hyper-V video")
                : PciNames.displayOnly(device.vendor(), device.product());
        String vendor = device.bus().equals(HYPER_V_BUS) ? "Microsoft" : vendor(device);
        boolean integrated = display.isEmpty() && known.map(PciNames.Gpu::integrated).orElseGet(
                () -> integrated(device, vendor));
        WindowsChecks checks = new WindowsChecks(source, device, WindowsChecks.gpuDriver(vendor));
        List<Check> all = new ArrayList<>();
        if (display.isPresent()) {
            all.add(Check.failed("computing", "%s (%s) draws a screen and cannot compute".formatted(display.get(),
                    device.instance()), "Pass a real GPU through to the virtual machine, or use the CPU."));
        } else {
            all.addAll(checks.general());
        }
        // Under the basic driver all adapters have one name.
        boolean basic = checks.hasBasicDriver();
        return new Device(Device.Kind.GPU, id, device.hardwareId(), device.address(), "", vendor,
                basic || device.driverKey().isEmpty()
                        ? known.map(PciNames.Gpu::name).orElseGet(device::name)
                        : device.name(),
                known.map(PciNames.Gpu::generation).orElse(""), integrated, driver(device), Optional.empty(),
                integrated || basic || display.isPresent() ? OptionalLong.empty() : device.memory(),
                known.map(PciNames.Gpu::precisions).orElse(List.of()), all);
    }

    private boolean integrated(WindowsDevice device, String vendor) {
        return switch (vendor) {
            // Discrete ones sit behind a bridge.
            case "Intel" -> device.address().isEmpty() || device.address().startsWith("0000:00:");
            case "AMD" -> !DISCRETE_RADEON.matcher(device.name()).matches();
            case "Qualcomm" -> true;
            default -> false;
        };
    }

    private static Optional<Device.Driver> driver(WindowsDevice device) {
        return device.driverKey().isEmpty()
                ? Optional.empty()
                : Optional.of(new Device.Driver(device.value("Service").orElse("unknown"),
                        device.driverValue("DriverVersion").orElse("")));
    }

    private static String vendor(WindowsDevice device) {
        return device.acpiId().map(acpi -> switch (acpi.substring(0, 4)) {
            case "QCOM" -> "Qualcomm";
            case "NVDA" -> "NVIDIA";
            default -> acpi.substring(0, 4);
        }).orElseGet(() -> PciNames.vendor(device.vendor()));
    }
}
