package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A device as the registry's Enum key lists it, and what its driver wrote under its setup class. Enum keeps hardware that was taken out;
 * only the device manager knows what is there ({@link SystemSource#deviceProblem}).
 *
 * @param bus
 *            {@code PCI}, {@code ACPI}, {@code USB} or {@code VMBUS}
 * @param id
 *            the name that the bus gave the device: {@code VEN_8086&DEV_643E&SUBSYS_00000000&REV_04}
 * @param instance
 *            bus, id and place: what the device manager calls a device instance path
 * @param vendor
 *            the PCI or USB number; 0 if it has none
 * @param product
 *            the PCI or USB number; 0 if it has none
 * @param revision
 *            -1 if unknown
 */
record WindowsDevice(SystemSource source, String bus, String id, String instance, int vendor, int product,
        int revision) {
    static final String ENUM = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum\\";
    static final String CLASS = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\";
    static final String ACCELERATORS = "{f01a9d53-3ff6-48d2-9f97-c8a7004be10c}";
    static final String DISPLAYS = "{4d36e968-e325-11ce-bfc1-08002be10318}";

    /** Docks and test benches leave hundreds of old devices behind. */
    private static final int MAX_DEVICES = 4096;
    private static final Pattern NUMBERS = Pattern.compile(
            "(?:VEN|VID)_([0-9A-F]{4})&(?:DEV|PID)_([0-9A-F]{4})(?:.*&REV_([0-9A-F]{2})(?![0-9A-F]))?.*");
    private static final Pattern ACPI = Pattern.compile("(?:VEN_)?([A-Z]{4})(?:&DEV_)?([0-9A-F]{4})(?:&.*)?");
    private static final Pattern LOCATION = Pattern.compile(".*\\((\\d{1,3}),(\\d{1,2}),(\\d)\\)");

    /** All devices of a bus, sorted by id and place. */
    static List<WindowsDevice> all(SystemSource source, String bus) {
        List<WindowsDevice> devices = new ArrayList<>();
        for (String id : source.registryKeys(ENUM + bus)) {
            devices.addAll(all(source, bus, id));
            if (devices.size() >= MAX_DEVICES) {
                break;
            }
        }
        return devices;
    }

    /** All devices of a bus that have one id, sorted by place. */
    static List<WindowsDevice> all(SystemSource source, String bus, String id) {
        return source.registryKeys(ENUM + bus + "\\" + id).stream().limit(MAX_DEVICES)
                .map(place -> of(source, bus, id, place)).toList();
    }

    private static WindowsDevice of(SystemSource source, String bus, String id, String place) {
        Matcher numbers = NUMBERS.matcher(id.toUpperCase(Locale.ROOT));
        String instance = bus + "\\" + id + "\\" + place;
        // The vendor of an ACPI device has four letters, some of which look like a number.
        if (bus.equals("ACPI") || !numbers.matches()) {
            return new WindowsDevice(source, bus, id, instance, 0, 0, -1);
        }
        return new WindowsDevice(source, bus, id, instance, Integer.parseInt(numbers.group(1), 16),
                Integer.parseInt(numbers.group(2), 16),
                numbers.group(3) == null ? -1 : Integer.parseInt(numbers.group(3), 16));
    }

    String key() {
        return ENUM + instance;
    }

    Optional<String> value(String name) {
        return source.registryValue(key(), name).filter(value -> !value.isEmpty());
    }

    boolean isClass(String guid) {
        return value("ClassGUID").filter(guid::equalsIgnoreCase).isPresent();
    }

    /** The class key that the driver's installation filled; empty if there was none. */
    Optional<String> driverKey() {
        return value("Driver").map(driver -> CLASS + driver);
    }

    /** A value of the driver's. */
    Optional<String> driverValue(String name) {
        return driverKey().flatMap(key -> source.registryValue(key, name)).filter(value -> !value.isEmpty());
    }

    /** What the device manager shows; the id if it has no name. */
    String name() {
        return value("FriendlyName").or(() -> driverValue("DriverDesc")).or(() -> value("DeviceDesc"))
                // "@oem12.inf,%npu.desc%;Intel(R) AI Boost": a resource, and its text when it was installed.
                .map(name -> name.substring(name.lastIndexOf(';') + 1)).orElse(id);
    }

    /** {@code QCOM0D0A}; empty if it is none. */
    Optional<String> acpiId() {
        Matcher matcher = ACPI.matcher(id.toUpperCase(Locale.ROOT));
        return bus.equals("ACPI") && matcher.matches()
                ? Optional.of(matcher.group(1) + matcher.group(2))
                : Optional.empty();
    }

    String hardwareId() {
        return switch (bus) {
            case "PCI", "USB" -> vendor == 0
                    ? ""
                    : "%s:%04x:%04x".formatted(bus.toLowerCase(Locale.ROOT), vendor, product);
            default -> acpiId().map(acpi -> "acpi:" + acpi).orElse("");
        };
    }

    /** {@code 0000:00:0b.0}; empty for devices that are not on PCI. */
    String address() {
        Matcher location = LOCATION.matcher(value("LocationInformation").orElse(""));
        if (!bus.equals("PCI") || !location.matches()) {
            return "";
        }
        int busNumber = Integer.parseInt(location.group(1));
        int device = Integer.parseInt(location.group(2));
        int function = Integer.parseInt(location.group(3));
        return busNumber > 0xFF || device > 0x1F || function > 7
                ? ""
                : "0000:%02x:%02x.%d".formatted(busNumber, device, function);
    }

    /** Memory of its own, as the graphics driver wrote it: a number, or bytes from the lowest on. */
    OptionalLong memory() {
        String value = driverValue("HardwareInformation.qwMemorySize").orElse("");
        if (value.startsWith("hex:") && value.length() == 4 + 16) {
            return OptionalLong.of(Long.reverseBytes(Long.parseUnsignedLong(value, 4, value.length(), 16)));
        }
        return Parse.number(value);
    }
}
