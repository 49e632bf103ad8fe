package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** The sources that call into an operating system: there they must be right, elsewhere they must be quiet. */
class LocalSourcesTest {
    private static final String VERSION = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there it answers")
    void windowsIsQuietElsewhere() {
        LocalWindowsSource source = new LocalWindowsSource();

        assertThat(source.registryValue(VERSION, "CurrentBuild")).isEmpty();
        assertThat(source.registryKeys(VERSION)).isEmpty();
        assertThat(source.deviceProblem("PCI\\VEN_8086")).isEmpty();
        assertThat(source.topology()).isEmpty();
        assertThat(source.fileVersion("C:\\Windows\\System32\\kernel32.dll")).isEmpty();
        assertThat(source.unread()).anyMatch(entry -> entry.startsWith("registry: no native access"));
    }

    @Test
    @DisabledOnOs(value = OS.MAC, disabledReason = "there it answers")
    void macIsQuietElsewhere() {
        LocalMacSource source = new LocalMacSource();

        assertThat(source.sysctl("hw.memsize")).isEmpty();
        assertThat(source.unread()).anyMatch(entry -> entry.startsWith("sysctl: no native access"));
    }

    @Test
    @EnabledOnOs(value = OS.WINDOWS, disabledReason = "checks the layouts of Windows' structures against Windows")
    void readsTheRegistryOfWindows() {
        LocalWindowsSource source = new LocalWindowsSource();

        assertThat(Integer.parseInt(source.registryValue(VERSION, "CurrentBuild").orElseThrow())).isGreaterThan(9_000);
        assertThat(source.registryValue(VERSION, "CurrentMajorVersionNumber")).contains("10");
        assertThat(source.registryValue(VERSION, "no such value")).isEmpty();
        assertThat(source.registryValue(VERSION + "\\no such key", "x")).isEmpty();
        assertThat(source.registryKeys("HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum")).contains("ROOT");
        assertThat(source.registryKeys("HKEY_LOCAL_MACHINE\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor"))
                .contains("0");
    }

    @Test
    @EnabledOnOs(value = OS.WINDOWS, disabledReason = "checks the layouts of Windows' structures against Windows")
    void asksTheDeviceManagerOfWindows() {
        LocalWindowsSource source = new LocalWindowsSource();

        // The root of the device tree is there and works on every Windows.
        assertThat(source.deviceProblem("HTREE\\ROOT\\0")).hasValue(0);
        assertThat(source.deviceProblem("PCI\\VEN_0000&DEV_0000\\0")).hasValue(SystemSource.NOT_CONNECTED);
    }

    @Test
    @EnabledOnOs(value = OS.WINDOWS, disabledReason = "checks the layouts of Windows' structures against Windows")
    void countsTheProcessorsOfWindows() {
        ProcessorTopology topology = new LocalWindowsSource().topology().orElseThrow();

        assertThat(topology.threads()).isGreaterThanOrEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(topology.cores()).isBetween(1, topology.threads());
        assertThat(topology.caches()).allSatisfy(cache -> assertThat(cache.bytes()).isBetween(1L << 10, 1L << 30));
    }

    @Test
    @EnabledOnOs(value = OS.WINDOWS, disabledReason = "reads a library of Windows")
    void readsTheVersionOfALibraryOfWindows() {
        assertThat(new LocalWindowsSource().fileVersion("C:\\Windows\\System32\\kernel32.dll").orElseThrow())
                .startsWith("10.0.");
    }

    @Test
    @EnabledOnOs(value = OS.MAC, disabledReason = "asks macOS")
    void asksMacOs() {
        LocalMacSource source = new LocalMacSource();

        assertThat(source.sysctl("machdep.cpu.brand_string").orElseThrow()).isNotBlank();
        assertThat(source.sysctl("kern.osproductversion").orElseThrow()).matches("\\d+\\.\\d+.*");
        assertThat(Long.parseLong(source.sysctl("hw.memsize").orElseThrow()))
                .isEqualTo(source.memory().map(Memory::totalBytes).orElseThrow());
        assertThat(Integer.parseInt(source.sysctl("hw.logicalcpu").orElseThrow()))
                .isGreaterThanOrEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(source.sysctl("no.such.name")).isEqualTo(Optional.empty());
    }
}
