package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Memory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

import static org.assertj.core.api.Assertions.assertThat;

class WindowsTreeTest {
    private static final String DEVICE = "PCI\\VEN_8086&DEV_643E\\3&11583659&0&58";

    @TempDir
    Path root;

    @BeforeEach
    void aRegistry() throws IOException {
        write("a.reg", "Windows Registry Editor Version 5.00\n[HKEY_LOCAL_MACHINE\\A]\n\"v\"=dword:0000000a\n");
    }

    @Test
    void joinsExports() throws IOException {
        write("b.REG", "Windows Registry Editor Version 5.00\n[HKEY_LOCAL_MACHINE\\B]\n\"v\"=\"b\"\n");

        assertThat(tree().registryValue("HKEY_LOCAL_MACHINE\\a", "V")).contains("10");
        assertThat(tree().registryKeys("HKEY_LOCAL_MACHINE")).containsExactly("A", "B");
    }

    @Test
    void devicesThatAreNotListedAreGone() throws IOException {
        write("devices.csv", "\"PNPDeviceID\",\"ConfigManagerErrorCode\"\n\"%s\",\"28\"\n".formatted(DEVICE));

        assertThat(tree().deviceProblem(DEVICE.toLowerCase(Locale.ROOT))).hasValue(28);
        assertThat(tree().deviceProblem("PCI\\other")).hasValue(SystemSource.NOT_CONNECTED);
    }

    @Test
    void withoutAListNobodyKnows() {
        assertThat(tree().deviceProblem(DEVICE)).isEqualTo(OptionalInt.empty());
        assertThat(tree().topology()).isEmpty();
        assertThat(tree().memory()).isEmpty();
    }

    @Test
    void addsSocketsUp() throws IOException {
        write("processors.csv", "\"NumberOfCores\",\"NumberOfLogicalProcessors\"\n\"8\",\"16\"\n\"8\",\"16\"\n");
        write("memory.csv", "\"TotalVisibleMemorySize\",\"FreePhysicalMemory\"\n\"2048\",\"1024\"\n");

        ProcessorTopology topology = tree().topology().orElseThrow();
        assertThat(topology.cores()).isEqualTo(16);
        assertThat(topology.threads()).isEqualTo(32);
        assertThat(tree().memory()).contains(new Memory(2 << 20, 1 << 20, false));
    }

    @Test
    void nonsenseInTablesIsUnknown() throws IOException {
        write("processors.csv", "\"NumberOfCores\",\"NumberOfLogicalProcessors\"\n\"999999999\",\"-1\"\n");
        write("memory.csv", "\"TotalVisibleMemorySize\"\n\"99999999999999999999\"\n");
        write("devices.csv", "\"PNPDeviceID\"\n\"x\"\n");

        WindowsTree tree = tree();
        assertThat(tree.topology()).isEmpty();
        assertThat(tree.memory()).isEmpty();
        assertThat(tree.deviceProblem("x")).isEmpty();
        assertThat(tree.unread()).hasSize(1);
    }

    @Test
    void filesAreListedOrThere() throws IOException {
        write("files.csv", """
                "FullName","FileVersion"
                "C:\\WINDOWS\\System32\\OpenCL.dll","3.0.6.0"
                "C:\\Program Files (x86)\\Intel\\openvino_2026\\runtime\\a.dll",""
                """);
        Files.createDirectories(root.resolve("C/Windows/System32"));
        Files.write(root.resolve("C/Windows/System32/openvino_c.dll"), PortableExecutableTest.file(true, 16));

        WindowsTree tree = tree();
        assertThat(tree.fileVersion("c:\\windows\\system32\\opencl.dll")).contains("3.0.6.0");
        assertThat(tree.fileVersion("C:\\Windows\\System32\\OpenVINO_c.dll")).contains("32.0.100.4239");
        assertThat(tree.fileVersion("C:\\Windows\\System32\\none.dll")).isEmpty();
        assertThat(tree.node("C:\\Windows\\System32\\OpenCL.dll")).isPresent();
        assertThat(tree.node("C:\\Program Files (x86)\\Intel").map(SystemSource.Node::type)).contains('d');
        assertThat(tree.node("C:\\Program Files (x86)\\AMD")).isEmpty();
        assertThat(tree.names("C:\\Windows\\System32")).containsExactly("OpenCL.dll", "openvino_c.dll");
        assertThat(tree.names("C:\\Program Files (x86)\\Intel")).containsExactly("openvino_2026");
    }

    @Test
    void staysInItsFolder() throws IOException {
        write("secret.txt", "outside");
        Path inner = Files.createDirectories(root.resolve("inner/C"));

        WindowsTree tree = new WindowsTree(inner.getParent());
        for (String path : List.of("C:\\..\\..\\secret.txt", "..\\secret.txt", "C:/../../secret.txt", "\0:\\x", "",
                "::\\", "C:\\a\0b")) {
            assertThat(tree.text(path)).as(path).isEmpty();
            assertThat(tree.node(path)).as(path).isEmpty();
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "making links needs a privilege there")
    void followsNoLinks() throws IOException {
        Path outside = Files.createTempDirectory("outside");
        Files.writeString(outside.resolve("file.txt"), "outside");
        Files.createDirectories(root.resolve("C"));
        Files.createSymbolicLink(root.resolve("C/folder"), outside);
        Files.createSymbolicLink(root.resolve("C/file.txt"), outside.resolve("file.txt"));
        Files.createSymbolicLink(root.resolve("devices.csv"), outside.resolve("file.txt"));

        WindowsTree tree = tree();
        assertThat(tree.text("C:\\file.txt")).isEmpty();
        assertThat(tree.text("C:\\folder\\file.txt")).isEmpty();
        assertThat(tree.names("C:\\folder")).isEmpty();
        assertThat(tree.deviceProblem(DEVICE)).isEmpty();
        assertThat(tree.unread()).contains("devices.csv: is no regular file");
    }

    @Test
    void saysWhatItLeftOut() throws IOException {
        write("broken.reg", "nothing");
        Files.createDirectories(root.resolve("folder.reg"));

        WindowsTree tree = tree();
        tree.registryKeys("HKEY_LOCAL_MACHINE");
        assertThat(tree.unread()).containsExactly("broken.reg: not a registry export: left out",
                "folder.reg: is no regular file");
    }

    @Test
    void onlyUsefulVariablesAreKept() throws IOException {
        write("environment.txt", "PATH=C:\\bin\nSYSTEMROOT=C:\\WINDOWS\nAPI_KEY=secret\n=C:=C:\\\n");

        assertThat(tree().environment()).containsOnlyKeys("PATH", "SYSTEMROOT");
        assertThat(Optional.ofNullable(tree().environment().get("SystemRoot"))).contains("C:\\WINDOWS");
    }

    private WindowsTree tree() {
        return new WindowsTree(root);
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(root.resolve(name), content);
    }
}
