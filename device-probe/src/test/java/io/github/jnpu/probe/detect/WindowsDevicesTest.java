package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.source.WindowsTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

class WindowsDevicesTest {
    private static final String ACCELERATORS = "{f01a9d53-3ff6-48d2-9f97-c8a7004be10c}";
    private static final String DISPLAYS = "{4d36e968-e325-11ce-bfc1-08002be10318}";
    private static final String LUNAR_LAKE = "PCI\\VEN_8086&DEV_643E&SUBSYS_1A631043&REV_04\\3&11583659&0&58";

    @TempDir
    Path root;
    private final StringBuilder registry = new StringBuilder("Windows Registry Editor Version 5.00\n");
    private final StringBuilder devices = new StringBuilder("\"PNPDeviceID\",\"ConfigManagerErrorCode\"\n");
    private int drivers;

    @Test
    void hardwareThatWasTakenOutDoesNotCount() throws IOException {
        device(LUNAR_LAKE, ACCELERATORS, "Intel(R) AI Boost", "32.0.100.4239");
        device("PCI\\VEN_10DE&DEV_2684&REV_A1\\4&1&0&0019", DISPLAYS, "NVIDIA GeForce RTX 4090", "32.0.15.8088");
        problem(LUNAR_LAKE, 0);

        assertThat(find()).extracting(Device::id).containsExactly("npu0");
    }

    @Test
    void withoutTheDeviceManagerPresenceIsUnknown() throws IOException {
        device(LUNAR_LAKE, ACCELERATORS, "Intel(R) AI Boost", "32.0.100.4239");

        Device npu = find().getFirst();
        assertThat(check(npu, "device").status()).isEqualTo(Check.Status.UNKNOWN);
        assertThat(npu.usable()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"10, cannot start, Restart it", "12, resources, firmware", "14, restart, Restart the computer",
            "22, disabled, pnputil /enable-device", "31, cannot be loaded, Install",
            "43, reported problems, Restart it",
            "52, not signed, Install", "9999, has a problem, Install"})
    void saysWhatTheDeviceManagerSays(int code, String evidence, String remedy) throws IOException {
        device(LUNAR_LAKE, ACCELERATORS, "Intel(R) AI Boost", "32.0.100.4239");
        problem(LUNAR_LAKE, code);

        Check check = check(find().getFirst(), "device");
        assertThat(check.status()).isEqualTo(Check.Status.FAILED);
        assertThat(check.evidence()).contains(evidence, "code " + code);
        assertThat(check.remedy()).contains(remedy);
    }

    @Test
    void aKnownNpuWithoutDriverIsFound() throws IOException {
        device(LUNAR_LAKE, "", "Multimedia Video Controller", "");
        problem(LUNAR_LAKE, 28);

        Device npu = find().getFirst();
        assertThat(npu.kind()).isEqualTo(Device.Kind.NPU);
        assertThat(npu.name()).isEqualTo("Intel AI Boost");
        assertThat(npu.driver()).isEmpty();
        assertThat(npu.checks()).extracting(Check::name).containsExactly("driver");
        assertThat(npu.checks().getFirst().remedy()).contains("Intel NPU Driver for Windows");
    }

    @Test
    void anUnknownNpuIsReportedAsItNamesItself() throws IOException {
        device("PCI\\VEN_4321&DEV_0001\\1", ACCELERATORS, "Contoso Neural Engine", "1.0.0.0");

        Device npu = find().getFirst();
        assertThat(npu.name()).isEqualTo("Contoso Neural Engine");
        assertThat(npu.vendor()).isEqualTo("4321");
        assertThat(npu.generation()).isEmpty();
        assertThat(npu.tops()).isEmpty();
    }

    @Test
    void theFirstGenerationOfAmdRunsNoLanguageModels() throws IOException {
        device("PCI\\VEN_1022&DEV_1502&SUBSYS_0B5A1028&REV_00\\4&1&0&0141", ACCELERATORS,
                "NPU Compute Accelerator Device", "32.0.203.280");

        Device npu = find().getFirst();
        assertThat(npu.generation()).isEqualTo("XDNA 1");
        assertThat(check(npu, "generation").status()).isEqualTo(Check.Status.FAILED);
        assertThat(check(npu, "driver version").status()).isEqualTo(Check.Status.PASSED);
    }

    @ParameterizedTest
    @CsvSource({"10, Strix Point", "11, Strix Halo", "20, Krackan Point"})
    void theRevisionTellsAmdsApart(String revision, String product) throws IOException {
        device("PCI\\VEN_1022&DEV_17F0&SUBSYS_88EE103C&REV_%s\\4&1&0&0141".formatted(revision), ACCELERATORS,
                "NPU Compute Accelerator Device", "32.0.201.204");

        Device npu = find().getFirst();
        assertThat(npu.name()).contains(product);
        assertThat(check(npu, "driver version").status()).isEqualTo(Check.Status.FAILED);
    }

    @ParameterizedTest
    @CsvSource({"ACPI\\QCOM0D0A\\2&DABA3FF&0, acpi:QCOM0D0A, Snapdragon(R) X Elite - X1E80100, 45",
            "ACPI\\VEN_QCOM&DEV_0D0A&SUBSYS_CRD08380&REV_0001\\2&DABA3FF&0, acpi:QCOM0D0A, Snapdragon(R) X - X126100, 45",
            "ACPI\\VEN_QCOM&DEV_0FF0&SUBSYS_CRD08480&REV_0056\\2&DABA3FF&0, acpi:QCOM0FF0, Snapdragon(R) X2 Elite - X2E88100, 80"})
    void hexagonIsOnAcpi(String instance, String id, String chip, double tops) throws IOException {
        device(instance, ACCELERATORS, chip + " - Qualcomm(R) Hexagon(TM) NPU", "30.0.140.1000");

        Device npu = find().getFirst();
        assertThat(npu.vendor()).isEqualTo("Qualcomm");
        assertThat(npu.hardwareId()).isEqualTo(id);
        assertThat(npu.tops().orElseThrow().value()).isEqualTo(tops);
    }

    @ParameterizedTest
    @CsvSource({"1002, 150E, AMD Radeon(TM) 890M Graphics, true", "1002, FFF0, AMD Radeon(TM) Graphics, true",
            "1002, FFF1, AMD Radeon RX 7600, false", "1002, FFF2, AMD Radeon PRO W7900, false",
            "1002, FFF3, AMD Radeon 8060S Graphics, true", "10DE, 2684, NVIDIA GeForce RTX 4090, false"})
    void tellsIntegratedFromDiscrete(String vendor, String product, String name, boolean integrated)
            throws IOException {
        device("PCI\\VEN_%s&DEV_%s\\1".formatted(vendor, product), DISPLAYS, name, "1.0");

        assertThat(find().getFirst().integrated()).isEqualTo(integrated);
    }

    @Test
    void intelsDiscreteOnesSitBehindABridge() throws IOException {
        device("PCI\\VEN_8086&DEV_FFF0\\1", DISPLAYS, "Intel(R) Graphics", "1.0", "(0,2,0)");
        device("PCI\\VEN_8086&DEV_FFF1\\1", DISPLAYS, "Intel(R) Arc(TM)", "1.0", "(3,0,0)");

        assertThat(find()).extracting(Device::address, Device::integrated).containsExactly(
                tuple("0000:00:02.0", true),
                tuple("0000:03:00.0", false));
    }

    @Test
    void nonsenseInTheRegistryIsNoDevice() throws IOException {
        device("PCI\\nonsense\\1", DISPLAYS, "", "");
        device("ACPI\\VEN_8086&DEV_643E\\1", "", "", "");
        device("PCI\\VEN_8086&DEV_643E&REV_ZZ\\", "", "", "");
        registry.append("[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum\\PCI\\VEN_8086&DEV_7D1D\\1]\n")
                .append("\"Driver\"=\"..\\\\..\\\\..\"\n\"ConfigFlags\"=\"text\"\n\"LocationInformation\"=\"(999,99,9)\"\n");

        assertThat(find()).extracting(Device::hardwareId, Device::address).containsExactlyInAnyOrder(
                tuple("pci:8086:7d1d", ""), tuple("", ""));
    }

    @ParameterizedTest
    @CsvSource({"32.0.100.3104, 32.0.100.3104, 0", "32.0.100.10, 32.0.100.9, 1", "31.9, 32, -1",
            "32.0.20101.3760, 32.0.203.280, 1", "32, 32.0.0.0, 0", "x.y, 0, 0", "'', 1, -1"})
    void comparesVersionsByNumber(String left, String right, int order) {
        assertThat(Integer.signum(WindowsChecks.compare(left, right))).isEqualTo(order);
    }

    private List<Device> find() throws IOException {
        Files.writeString(root.resolve("all.reg"), registry);
        if (devices.indexOf("\n") < devices.length() - 1) {
            Files.writeString(root.resolve("devices.csv"), devices);
        }
        return new WindowsDevices(new WindowsTree(root)).read();
    }

    private static Check check(Device device, String name) {
        Optional<Check> found = device.checks().stream().filter(check -> check.name().equals(name)).findFirst();
        assertThat(found).as(device.checks().toString()).isPresent();
        return found.orElseThrow();
    }

    private void problem(String instance, int code) {
        devices.append("\"%s\",\"%d\"\n".formatted(instance, code));
    }

    private void device(String instance, String setupClass, String name, String version) {
        device(instance, setupClass, name, version, "");
    }

    private void device(String instance, String setupClass, String name, String version, String location) {
        registry.append("\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum\\%s]\n".formatted(instance))
                .append("\"DeviceDesc\"=\"%s\"\n\"ClassGUID\"=\"%s\"\n".formatted(name, setupClass))
                .append("\"LocationInformation\"=\"%s\"\n".formatted(location));
        if (!version.isEmpty()) {
            String key = "%s\\%04d".formatted(setupClass, drivers++);
            registry.append("\"Driver\"=\"%s\"\n\"Service\"=\"service\"\n".formatted(key.replace("\\", "\\\\")))
                    .append("\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\%s]\n".formatted(key))
                    .append("\"DriverDesc\"=\"%s\"\n\"DriverVersion\"=\"%s\"\n".formatted(name, version));
        }
    }
}
