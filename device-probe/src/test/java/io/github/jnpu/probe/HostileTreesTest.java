package io.github.jnpu.probe;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Trees that somebody made to break the probe: each ends in a report that says what was not read. */
class HostileTreesTest {
    private static final Duration LIMIT = Duration.ofSeconds(2);

    @TempDir
    Path root;

    @BeforeEach
    void anOrdinaryMachine() throws IOException {
        write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Ordinary\nflags\t\t: sse4_2 avx avx2\n");
        write("proc/meminfo", "MemTotal: 1024 kB\nMemAvailable: 512 kB\n");
    }

    private DeviceReport report() {
        return assertTimeoutPreemptively(LIMIT, () -> HardwareProbe.captured(root).report());
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need privileges there")
    void aCycleOfLinks() throws IOException {
        Files.createDirectories(root.resolve("sys/class"));
        Files.createSymbolicLink(root.resolve("sys/class/accel"), Path.of("drm"));
        Files.createSymbolicLink(root.resolve("sys/class/drm"), Path.of("accel"));
        write("sys/bus.link", "./bus");

        assertThat(report().unread()).contains("/sys/class/accel: a cycle of links", "/sys/class/drm: a cycle of links",
                "/sys/bus/pci/devices: a cycle of links");
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need privileges there")
    void linksOutOfTheTree(@TempDir Path outside) throws IOException {
        Files.writeString(outside.resolve("secret"), "PRETTY_NAME=secret\n");
        Files.createDirectories(root.resolve("etc"));
        String up = "../".repeat(root.getNameCount() + 3);
        Files.createSymbolicLink(root.resolve("etc/os-release"), Path.of(up + outside.resolve("secret").toString()
                .substring(1)));
        // An absolute target means the tree's root: there is nothing at that place.
        Files.createSymbolicLink(root.resolve("etc/group"), outside.resolve("secret"));
        write("etc/passwd.link", up + "etc/passwd\n");

        DeviceReport report = report();

        assertThat(report.system().name()).isEqualTo("Linux");
        assertThat(report.unread()).containsExactly("/etc/os-release: points outside the tree",
                "/etc/passwd: points outside the tree");
    }

    @Test
    void aFileOfAGigabyte() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(root.resolve("proc/meminfo").toFile(), "rw")) {
            file.setLength(1L << 30);
        }
        try (RandomAccessFile file = new RandomAccessFile(root.resolve("proc/cpuinfo").toFile(), "rw")) {
            file.setLength(1L << 30);
        }

        assertThat(report().unread()).contains("/proc/meminfo: is longer than 65536 bytes; the rest was not read",
                "/proc/cpuinfo: is longer than 1048576 bytes; the rest was not read");
    }

    @Test
    void noise() throws IOException {
        byte[] noise = new byte[64 << 10];
        new Random(1).nextBytes(noise);
        for (String file : new String[]{"proc/cpuinfo", "proc/meminfo", "proc/self/status", "proc/self/cgroup",
                "etc/os-release", "etc/group", "etc/passwd", "dev.ls", "environment.txt", "sys/class/accel.link",
                "sys/bus/pci/devices/a/vendor", "usr/share/vulkan/icd.d/x.json", "etc/OpenCL/vendors/x.icd",
                "proc/sys/kernel/osrelease", "sys/devices/system/cpu/online",
                "sys/devices/system/cpu/cpu0/cache/index0/size"}) {
            write(file, "");
            Files.write(root.resolve(file), noise);
        }

        assertThat(report().cpu().logicalCores()).isPositive();
    }

    @Test
    void linesThatTakeLongToMatch() throws IOException {
        write("dev.ls", "/dev/accel:\ncrw-rw---- 1 root render 261, 0 " + "a".repeat(60_000) + " x\n");
        write("usr/share/vulkan/icd.d/x.json", "\"library_path\"" + " ".repeat(60_000));

        assertThat(report().npus()).isEmpty();
    }

    @Test
    void aFolderWithAHundredThousandEntries() throws IOException {
        Path folder = Files.createDirectories(root.resolve("sys/bus/pci/devices"));
        for (int i = 0; i < 100_000; i++) {
            Files.createFile(folder.resolve("d" + i));
        }

        assertThat(report().unread())
                .anyMatch(entry -> entry.startsWith("/sys/bus/pci/devices: has more than 16384 entries"));
    }

    @Test
    void manyDevicesRunOutOfTime() throws IOException {
        for (int i = 0; i < 2_000; i++) {
            write("sys/bus/pci/devices/%04x/vendor".formatted(i), "0x8086");
            write("sys/bus/pci/devices/%04x/device".formatted(i), "0x643e");
            write("sys/bus/pci/devices/%04x/class".formatted(i), "0x120000");
        }

        assertThat(report().npus()).hasSizeLessThanOrEqualTo(1024);
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no mkfifo and no permission bits")
    void pipesThatBlock() throws IOException, InterruptedException {
        Files.delete(root.resolve("proc/meminfo"));
        Files.createDirectories(root.resolve("etc"));
        for (String name : new String[]{"proc/meminfo", "etc/os-release"}) {
            Process process = new ProcessBuilder("mkfifo", root.resolve(name).toString()).start();
            assumeTrue(process.waitFor() == 0, "no mkfifo here");
        }

        assertThat(report().unread()).containsExactly("/etc/os-release: is no regular file",
                "/proc/meminfo: is no regular file");
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no mkfifo and no permission bits")
    void filesThatMayNotBeRead() throws IOException {
        Path file = root.resolve("proc/meminfo");
        assumeTrue(file.toFile().setReadable(false, false) && !Files.isReadable(file),
                "root may read everything");

        assertThat(report().unread()).containsExactly("/proc/meminfo: permission denied");
    }

    @Test
    void foldersInPlaceOfFiles() throws IOException {
        Files.delete(root.resolve("proc/meminfo"));
        Files.createDirectories(root.resolve("proc/meminfo"));

        DeviceReport report = report();

        assertThat(report.memory()).isEqualTo(Memory.UNKNOWN);
        assertThat(report.unread()).containsExactly("/proc/meminfo: is a folder");
    }

    @Test
    void namesWithEscapeSequences() throws IOException {
        write("proc/cpuinfo", "model name\t: \u001b[2J\u001b[31mEvil\u0007\u202eCPU\n");
        write("etc/os-release", "PRETTY_NAME=\"" + "x".repeat(10_000) + "\"\n");

        DeviceReport report = report();

        assertThat(report.cpu().model()).isEqualTo("?[2J?[31mEvil??CPU");
        assertThat(report.system().name()).hasSize(201).endsWith("…");
    }

    private void write(String relative, String content) throws IOException {
        Path file = root.resolve(relative);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
