package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Accelerators on USB: Intel's Neural Compute Stick 2, before and after it has got its firmware. */
final class LinuxUsb {
    private static final String BUS = "/sys/bus/usb/devices";
    /** Intel bought Movidius, whose number this is. */
    private static final String MOVIDIUS = "03e7";

    private LinuxUsb() {}

    static List<Device> find(SystemSource source) {
        List<Device> found = new ArrayList<>();
        for (String address : source.names(BUS)) {
            // Interfaces of devices lie here, too: "1-4:1.0".
            if (address.indexOf(':') >= 0
                    || !Parse.line(source, BUS + "/" + address + "/idVendor").orElse("").equals(MOVIDIUS)) {
                continue;
            }
            String product = Parse.line(source, BUS + "/" + address + "/idProduct").orElse("");
            if (product.equals("2485") || product.equals("f63b")) {
                found.add(myriad("usb" + found.size(), address, product));
            }
        }
        return found;
    }

    /** The same under every operating system. */
    static Device myriad(String id, String address, String product) {
        return new Device(Device.Kind.USB, id, "usb:%s:%s".formatted(MOVIDIUS, product), address, "", "Intel",
                "Neural Compute Stick 2 or OAK camera (Myriad X)", "Myriad X", false, Optional.empty(),
                Optional.empty(),
                OptionalLong.of(512L << 20), List.of("FP16"),
                List.of(Check.failed("generation", "OpenVINO 2022.3 was the last that could use Myriad X",
                        "Use the CPU or another device; no current runtime drives this one.")));
    }
}
