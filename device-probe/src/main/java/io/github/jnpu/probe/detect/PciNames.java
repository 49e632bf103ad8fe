package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Device;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What PCI numbers mean. Devices have the same numbers under every operating system. Sources: the kernel's {@code ivpu_drv.h}, {@code
 * amdxdna_pci_drv.c} and {@code pciids.h}, and what the vendors publish of speed; {@link Device.Tops#source()} says where nobody here has
 * checked it.
 */
public final class PciNames {
    public static final int INTEL = 0x8086;
    public static final int AMD = 0x1022;
    /** AMD's graphics still carry ATI's number. */
    public static final int AMD_GRAPHICS = 0x1002;
    public static final int NVIDIA = 0x10de;
    public static final int QUALCOMM = 0x17cb;

    /**
     * A kind of NPU.
     *
     * @param driver
     *            of the Linux kernel
     * @param firmware
     *            beginning of the firmware's path under {@code /lib/firmware}; empty where it comes with the driver's package
     * @param kernel
     *            the first Linux with that driver for it, as {@code 6.8}
     * @param languageModels
     *            whether any runtime of its vendor runs language models on it
     */
    public record Npu(String vendor, String name, String generation, String driver, String firmware, String kernel,
            Optional<Device.Tops> tops, List<String> precisions, boolean languageModels) {}

    /** A kind of GPU. */
    public record Gpu(String name, String generation, boolean integrated) {
        public List<String> precisions() {
            return PRECISIONS.getOrDefault(generation, List.of());
        }
    }

    private static final Map<Integer, String> VENDORS = Map.ofEntries(Map.entry(INTEL, "Intel"), Map.entry(AMD, "AMD"),
            Map.entry(AMD_GRAPHICS, "AMD"), Map.entry(NVIDIA, "NVIDIA"), Map.entry(QUALCOMM, "Qualcomm"),
            Map.entry(0x106b, "Apple"), Map.entry(0x1da3, "Habana"), Map.entry(0x1af4, "Red Hat"),
            Map.entry(0x1b36, "Red Hat"), Map.entry(0x15ad, "VMware"), Map.entry(0x1414, "Microsoft"),
            Map.entry(0x1234, "QEMU"), Map.entry(0x1013, "Cirrus"), Map.entry(0x80ee, "VirtualBox"),
            Map.entry(0x1a03, "ASPEED"), Map.entry(0x102b, "Matrox"));

    /** Display adapters that draw and do not compute: those of virtual machines and of servers' management controllers. */
    private static final Map<Integer, String> DISPLAYS = Map.of(0x1af41050, "virtio GPU", 0x1b360100, "QXL",
            0x15ad0405, "VMware SVGA II", 0x15ad0406, "VMware SVGA", 0x14145353, "Hyper-V video", 0x12341111,
            "QEMU standard VGA", 0x101300b8, "Cirrus GD 5446", 0x80eebeef, "VirtualBox VGA", 0x1a032000,
            "ASPEED management controller", 0x102b0536, "Matrox management controller");

    /** What a generation's matrix or dot product instructions multiply. */
    private static final Map<String, List<String>> PRECISIONS = Map.ofEntries(
            Map.entry("Xe-LP", List.of("INT8", "FP16")), Map.entry("Xe-LPG", List.of("INT8", "FP16")),
            Map.entry("Xe-LPG+", List.of("INT8", "FP16", "BF16")),
            Map.entry("Xe-HPG", List.of("INT4", "INT8", "FP16", "BF16")),
            Map.entry("Xe2", List.of("INT4", "INT8", "FP16", "BF16")),
            Map.entry("Xe3", List.of("INT4", "INT8", "FP16", "BF16")),
            Map.entry("RDNA 2", List.of("INT8", "FP16")),
            Map.entry("RDNA 3", List.of("INT4", "INT8", "FP16", "BF16")),
            Map.entry("RDNA 3.5", List.of("INT4", "INT8", "FP16", "BF16")),
            Map.entry("RDNA 4", List.of("INT4", "INT8", "FP8", "FP16", "BF16")),
            Map.entry("Ada Lovelace", List.of("INT4", "INT8", "FP8", "FP16", "BF16")),
            Map.entry("Blackwell", List.of("FP4", "INT8", "FP8", "FP16", "BF16")));

    private static final Map<Integer, Gpu> GPUS = Map.ofEntries(
            gpu(INTEL, 0x7d55, "Arc Graphics (Meteor Lake)", "Xe-LPG", true),
            gpu(INTEL, 0x7d45, "Intel Graphics (Meteor Lake)", "Xe-LPG", true),
            gpu(INTEL, 0x7dd5, "Arc Graphics (Meteor Lake)", "Xe-LPG", true),
            gpu(INTEL, 0x7d51, "Arc 130T/140T (Arrow Lake-H)", "Xe-LPG+", true),
            gpu(INTEL, 0x7dd1, "Arc 130T/140T (Arrow Lake-H)", "Xe-LPG+", true),
            gpu(INTEL, 0x7d67, "Intel Graphics (Arrow Lake-S)", "Xe-LPG", true),
            gpu(INTEL, 0x7d41, "Intel Graphics (Arrow Lake-U)", "Xe-LPG", true),
            gpu(INTEL, 0x64a0, "Arc 130V/140V (Lunar Lake)", "Xe2", true),
            gpu(INTEL, 0x6420, "Intel Graphics (Lunar Lake)", "Xe2", true),
            gpu(INTEL, 0xb080, "Arc B390 (Panther Lake)", "Xe3", true),
            gpu(INTEL, 0xb090, "Intel Graphics (Panther Lake)", "Xe3", true),
            gpu(INTEL, 0xb0a0, "Intel Graphics (Panther Lake)", "Xe3", true),
            gpu(INTEL, 0x56a0, "Arc A770", "Xe-HPG", false), gpu(INTEL, 0x56a1, "Arc A750", "Xe-HPG", false),
            gpu(INTEL, 0x56a5, "Arc A380", "Xe-HPG", false), gpu(INTEL, 0xe20b, "Arc B580", "Xe2", false),
            gpu(INTEL, 0xe20c, "Arc B570", "Xe2", false),
            gpu(INTEL, 0x9a49, "Iris Xe (Tiger Lake)", "Xe-LP", true),
            gpu(INTEL, 0x46a6, "Iris Xe (Alder Lake)", "Xe-LP", true),
            gpu(INTEL, 0xa7a0, "Iris Xe (Raptor Lake)", "Xe-LP", true),
            gpu(AMD_GRAPHICS, 0x164e, "Radeon Graphics (Raphael)", "RDNA 2", true),
            gpu(AMD_GRAPHICS, 0x15bf, "Radeon 780M/760M (Phoenix)", "RDNA 3", true),
            gpu(AMD_GRAPHICS, 0x1900, "Radeon 780M/760M (Hawk Point)", "RDNA 3", true),
            gpu(AMD_GRAPHICS, 0x150e, "Radeon 890M/880M (Strix Point)", "RDNA 3.5", true),
            gpu(AMD_GRAPHICS, 0x1586, "Radeon 8060S/8050S (Strix Halo)", "RDNA 3.5", true),
            gpu(AMD_GRAPHICS, 0x1114, "Radeon 860M/840M (Krackan Point)", "RDNA 3.5", true),
            gpu(AMD_GRAPHICS, 0x744c, "Radeon RX 7900 XTX/XT/GRE", "RDNA 3", false),
            gpu(AMD_GRAPHICS, 0x7550, "Radeon RX 9070 XT/9070", "RDNA 4", false),
            gpu(NVIDIA, 0x2684, "GeForce RTX 4090", "Ada Lovelace", false),
            gpu(NVIDIA, 0x2704, "GeForce RTX 4080", "Ada Lovelace", false),
            gpu(NVIDIA, 0x2b85, "GeForce RTX 5090", "Blackwell", false));

    private PciNames() {}

    private static Map.Entry<Integer, Gpu> gpu(int vendor, int device, String name, String generation,
            boolean integrated) {
        return Map.entry(vendor << 16 | device, new Gpu(name, generation, integrated));
    }

    /** A vendor's short name; its number if it has none here. */
    public static String vendor(int vendor) {
        return VENDORS.getOrDefault(vendor, "%04x".formatted(vendor));
    }

    public static Optional<Gpu> gpu(int vendor, int device) {
        return Optional.ofNullable(GPUS.get(vendor << 16 | device));
    }

    /** The name of a display adapter that cannot compute; empty for all others. */
    public static Optional<String> displayOnly(int vendor, int device) {
        return Optional.ofNullable(DISPLAYS.get(vendor << 16 | device));
    }

    /**
     * An NPU by its numbers.
     *
     * @param revision
     *            tells AMD's apart that share a device number; -1 if unknown
     * @param graphics
     *            the device numbers of Intel's GPUs in the same machine: Arrow Lake-H has Meteor Lake's NPU, at a higher clock
     */
    public static Optional<Npu> npu(int vendor, int device, int revision, Set<Integer> graphics) {
        return Optional.ofNullable(switch (vendor) {
            case INTEL -> intel(device, graphics.contains(0x7d51) || graphics.contains(0x7dd1));
            case AMD -> amd(device, revision);
            case QUALCOMM -> device == 0xa100 || device == 0xa080
                    ? new Npu("Qualcomm", "Cloud AI " + (device == 0xa100 ? "100" : "80"), "Cloud AI", "qaic", "",
                            "6.4", Optional.empty(), List.of("INT8", "FP16"), false)
                    : null;
            default -> null;
        });
    }

    private static Npu intel(int device, boolean arrowLakeH) {
        return switch (device) {
            case 0x7d1d -> arrowLakeH
                    ? intel("NPU 3 (Arrow Lake-H)", "vpu_37xx", "6.8",
                            tops(13, "Intel's figure for Arrow Lake-H, not verified"), "INT8", "FP16")
                    : intel("NPU 3 (Meteor Lake)", "vpu_37xx", "6.3", tops(11, "Intel's figure for Meteor Lake"),
                            "INT8", "FP16");
            case 0xad1d -> intel("NPU 3 (Arrow Lake-S/HX)", "vpu_37xx", "6.8",
                    tops(13, "Intel's figure for Arrow Lake, not verified"), "INT8", "FP16");
            case 0x643e -> intel("NPU 4 (Lunar Lake)", "vpu_40xx", "6.8",
                    tops(48, "Intel's figure for the fastest Lunar Lake; models have 40 to 48"), "INT8", "FP16");
            case 0xb03e -> intel("NPU 5 (Panther Lake)", "vpu_50xx", "6.13",
                    tops(50, "Intel's figure for Panther Lake"), "INT8", "FP8", "FP16");
            case 0xfd3e -> intel("NPU 5 (Wildcat Lake)", "vpu_50xx", "6.18", Optional.empty(), "INT8", "FP8", "FP16");
            case 0xd71d -> intel("NPU 6 (Nova Lake)", "vpu_60xx", "7.0", Optional.empty(), "INT8", "FP8", "FP16");
            default -> null;
        };
    }

    private static Npu intel(String generation, String firmware, String kernel, Optional<Device.Tops> tops,
            String... precisions) {
        return new Npu("Intel", "Intel AI Boost", generation, "intel_vpu", "intel/vpu/" + firmware, kernel, tops,
                List.of(precisions), true);
    }

    private static Npu amd(int device, int revision) {
        Optional<Device.Tops> second = tops(50, "AMD's figure for Ryzen AI 300; models have 50 to 55");
        return switch (device) {
            case 0x1502 -> amd("Phoenix/Hawk Point", "XDNA 1", device, "00",
                    tops(10, "AMD's figure for Phoenix; Hawk Point has 16; not verified"), false);
            case 0x17f0 -> switch (revision) {
                case 0x10 -> amd("Strix Point", "XDNA 2", device, "10", second, true);
                case 0x11 -> amd("Strix Halo", "XDNA 2", device, "11",
                        tops(50, "AMD's figure for Ryzen AI Max"), true);
                case 0x20 -> amd("Krackan Point", "XDNA 2", device, "20", second, true);
                default -> amd("unknown revision", "XDNA 2", device, "", Optional.empty(), true);
            };
            case 0x17f1, 0x17f2, 0x17f3, 0x1b0a, 0x1b0b, 0x1b0c -> amd("unreleased", "XDNA 3", device, "",
                    Optional.empty(), true);
            default -> null;
        };
    }

    private static Npu amd(String product, String generation, int device, String revision, Optional<Device.Tops> tops,
            boolean languageModels) {
        List<String> precisions = switch (generation) {
            case "XDNA 1" -> List.of("INT8", "BF16");
            case "XDNA 2" -> List.of("INT8", "BF16", "BFP16");
            default -> List.of();
        };
        return new Npu("AMD", "AMD NPU (%s)".formatted(product), generation, "amdxdna",
                revision.isEmpty() ? "" : "amdnpu/%04x_%s/".formatted(device, revision), "6.14", tops, precisions,
                languageModels);
    }

    private static Optional<Device.Tops> tops(double value, String source) {
        return Optional.of(new Device.Tops(value, "INT8", source));
    }
}
