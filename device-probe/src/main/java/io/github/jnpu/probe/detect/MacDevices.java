package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.source.SystemSource;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The Neural Engine and the graphics processor of an Apple chip. sysctl names neither: the chip's name says what is on it. Of the
 * graphics of Intel Macs it says nothing at all.
 */
final class MacDevices {
    private final SystemSource source;

    MacDevices(SystemSource source) {
        this.source = source;
    }

    List<Device> read() {
        Optional<AppleChip> known = AppleChip.of(source.sysctl("machdep.cpu.brand_string").orElse(""));
        if (known.isEmpty()) {
            return List.of();
        }
        AppleChip chip = known.get();
        Check hardware = source.sysctl("kern.hv_vmm_present").filter("1"::equals).isPresent()
                ? Check.failed("virtual machine", "kern.hv_vmm_present is 1",
                        "macOS gives guests no Neural Engine; run jnpu on the Mac itself.")
                : Check.passed("hardware", "machdep.cpu.brand_string is Apple " + chip.name());
        Check framework = source.node(MacRuntimes.CORE_ML).isPresent()
                ? Check.passed("driver", "%s is there; macOS brings the driver".formatted(MacRuntimes.CORE_ML))
                : Check.failed("driver", "%s is missing".formatted(MacRuntimes.CORE_ML),
                        "Core ML is part of macOS since 10.13; update or reinstall macOS.");
        Device engine = new Device(Device.Kind.NPU, "npu0", "", "", "", "Apple",
                "Apple Neural Engine, %d cores".formatted(chip.neuralCores()), chip.name(), true, Optional.empty(),
                chip.tops().stream().mapToObj(tops -> new Device.Tops(tops, "not stated",
                        "Apple's press release on the %s".formatted(chip.name()))).findFirst(),
                OptionalLong.empty(), chip.neuralPrecisions(), List.of(hardware, framework));
        Check metal = source.node(MacRuntimes.METAL).isPresent()
                ? Check.passed("driver", "%s is there; macOS brings the driver".formatted(MacRuntimes.METAL))
                : Check.failed("driver", "%s is missing".formatted(MacRuntimes.METAL), "Update or reinstall macOS.");
        Device gpu = new Device(Device.Kind.GPU, "gpu0", "", "", "", "Apple", "Apple %s GPU".formatted(chip.name()),
                chip.name(), true, Optional.empty(), Optional.empty(), memory(), List.of("FP32", "FP16"),
                List.of(metal));
        return List.of(engine, gpu);
    }

    /** Memory is unified: all of it, unless an administrator has set a limit. Metal recommends programs to take less. */
    private OptionalLong memory() {
        OptionalLong limit = source.sysctl("iogpu.wired_limit_mb").map(Parse::number).orElse(OptionalLong.empty());
        return limit.isPresent() && limit.getAsLong() > 0 && limit.getAsLong() < 1L << 30
                ? OptionalLong.of(limit.getAsLong() << 20)
                : source.sysctl("hw.memsize").map(Parse::number).orElse(OptionalLong.empty());
    }
}
