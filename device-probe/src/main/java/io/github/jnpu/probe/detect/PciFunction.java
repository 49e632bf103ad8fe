package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A function of a device on the PCI bus.
 *
 * @param address
 *            {@code 0000:00:0b.0}
 * @param classCode
 *            base class, subclass and interface: {@code 0x120000}
 * @param revision
 *            -1 if unknown
 * @param driver
 *            the kernel driver bound to it; empty if none
 */
record PciFunction(String address, int vendor, int device, int classCode, int revision, String driver) {
    private static final String BUS = "/sys/bus/pci/devices";
    /** Large servers have a few hundred. */
    private static final int MAX_FUNCTIONS = 1024;

    static List<PciFunction> all(SystemSource source) {
        List<PciFunction> functions = new ArrayList<>();
        for (String address : source.names(BUS)) {
            if (functions.size() == MAX_FUNCTIONS) {
                break;
            }
            String folder = BUS + "/" + address;
            OptionalInt vendor = Parse.hex(source, folder + "/vendor");
            OptionalInt device = Parse.hex(source, folder + "/device");
            OptionalInt classCode = Parse.hex(source, folder + "/class");
            if (vendor.isPresent() && device.isPresent() && classCode.isPresent()) {
                boolean interesting = isDisplay(classCode.getAsInt())
                        || PciNames.npu(vendor.getAsInt(), device.getAsInt(), -1, Set.of()).isPresent();
                Optional<String> driver = interesting ? source.link(folder + "/driver") : Optional.empty();
                functions.add(new PciFunction(address, vendor.getAsInt(), device.getAsInt(), classCode.getAsInt(),
                        interesting ? Parse.hex(source, folder + "/revision").orElse(-1) : -1,
                        driver.map(Parse::lastName).orElse("")));
            }
        }
        return functions;
    }

    private static boolean isDisplay(int classCode) {
        return classCode >>> 16 == 0x03;
    }

    boolean isDisplay() {
        return isDisplay(classCode);
    }

    String folder() {
        return BUS + "/" + address;
    }

    String hardwareId() {
        return "pci:%04x:%04x".formatted(vendor, device);
    }
}
