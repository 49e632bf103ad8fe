package io.github.jnpu.probe;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

/** Captures of Windows machines that are broken or made to break something end in a report all the same. */
class HostileWindowsTest {
    /** The limit is two seconds on an idle machine; this one may be busy. */
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String HEAD = "Windows Registry Editor Version 5.00\n";
    private static final String PCI = "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum\\PCI\\";

    @TempDir
    Path root;

    @Test
    void aHundredThousandDevices() throws IOException {
        StringBuilder registry = new StringBuilder(HEAD);
        for (int device = 0; device < 100_000; device++) {
            registry.append(PCI).append("VEN_8086&DEV_643E\\").append(device).append("]\n");
        }
        Files.writeString(root.resolve("enum.reg"), registry);

        // A slow machine may not get through; then it says so.
        DeviceReport report = report();
        assertThat(report.npus().size() + report.unread().size()).isPositive();
    }

    @Test
    void anExportThatIsTooLong() throws IOException {
        Files.writeString(root.resolve("enum.reg"), HEAD + "\"x\"=\"" + "y".repeat(17 << 20));

        assertThat(report().unread()).anyMatch(entry -> entry.startsWith("enum.reg: is longer than"));
    }

    @Test
    void bytesThatMeanNothing() throws IOException {
        Random random = new Random(7);
        for (String name : new String[]{"a.reg", "devices.csv", "processors.csv", "memory.csv", "files.csv",
                "environment.txt"}) {
            byte[] bytes = new byte[1 << 20];
            random.nextBytes(bytes);
            Files.write(root.resolve(name), bytes);
        }

        DeviceReport report = report();
        assertThat(report.npus()).isEmpty();
        assertThat(report.unread()).anyMatch(entry -> entry.startsWith("a.reg: not a registry export"));
    }

    @Test
    void namesThatSpeakToTheTerminal() throws IOException {
        Files.write(root.resolve("a.reg"), (HEAD + PCI + "VEN_8086&DEV_643E\\1]\n\"FriendlyName\"=\"\033[2Jnice\"\n"
                + "\"ClassGUID\"=\"{f01a9d53-3ff6-48d2-9f97-c8a7004be10c}\"\n\"Driver\"=\"x\"\n")
                .getBytes(StandardCharsets.UTF_8));

        assertThat(report().npus().getFirst().name()).isEqualTo("?[2Jnice");
    }

    @Test
    void aPathWithoutEnd() throws IOException {
        Files.writeString(root.resolve("a.reg"), HEAD);
        Files.writeString(root.resolve("environment.txt"), "Path=" + "C:\\folder;".repeat(100_000));

        assertThat(report().system().family()).isEqualTo(SystemInfo.Family.WINDOWS);
    }

    @Test
    void anEmptyExport() throws IOException {
        Files.writeString(root.resolve("a.reg"), HEAD);

        DeviceReport report = report();
        assertThat(report.system()).isEqualTo(
                new SystemInfo(SystemInfo.Family.WINDOWS, "Windows", "", "", "", ""));
        assertThat(report.cpu().model()).isEqualTo("unknown");
        assertThat(report.memory()).isEqualTo(Memory.UNKNOWN);
        assertThat(report.npus()).isEmpty();
    }

    @Test
    void aMacThatSaysNonsense() throws IOException {
        Files.writeString(root.resolve("sysctl.txt"), """
                hw.memsize: -5
                hw.physicalcpu: 99999999999999999999
                hw.logicalcpu: 0
                hw.nperflevels: 1000000
                hw.perflevel0.physicalcpu: x
                machdep.cpu.brand_string: Apple M999
                no colon
                """);

        DeviceReport report = report();
        assertThat(report.cpu().physicalCores()).isEqualTo(1);
        assertThat(report.memory()).isEqualTo(Memory.UNKNOWN);
        assertThat(report.npus()).isEmpty();
    }

    private DeviceReport report() {
        return assertTimeoutPreemptively(LIMIT, () -> HardwareProbe.captured(root).report());
    }
}
