package io.github.jnpu.probe;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/** What the trees of whole machines do not vary: containers, guests, users, backends. */
class LinuxSurroundingsTest {
    @TempDir
    Path root;

    @BeforeEach
    void aMachineWithAnNpu() throws IOException {
        write("proc/cpuinfo", "processor\t: 0\nflags\t\t: avx avx2 hypervisor\n");
        String npu = "sys/bus/pci/devices/0000%3A00%3A0b.0/";
        write(npu + "vendor", "0x8086");
        write(npu + "device", "0x643e");
        write(npu + "class", "0x120000");
        write(npu + "revision", "0x04");
        write(npu + "driver.link", "../../../../bus/pci/drivers/intel_vpu");
        write("sys/class/accel/accel0/device.link", "../../../0000:00:0b.0");
        write("usr/lib/libze_loader.so.1", "");
        write("usr/lib/libze_intel_npu.so.1", "");
        node("crw-rw----", "root", "render");
        user(1000, "1000 992");
        write("etc/group", "root:x:0:\nrender:x:992:\n");
    }

    private void node(String mode, String owner, String group) throws IOException {
        write("dev.ls", "/dev/accel:\ntotal 0\n%s 1 %s %s 261, 0 Nov 20 09:30 accel0\n".formatted(mode, owner, group));
    }

    private void user(int uid, String groups) throws IOException {
        write("proc/self/status", "Uid:\t%1$d\t%1$d\t%1$d\t%1$d\nGid:\t1000\t1000\t1000\t1000\nGroups:\t%2$s \n"
                .formatted(uid, groups));
    }

    private DeviceReport report() {
        return HardwareProbe.captured(root).report();
    }

    private Check permission() {
        return report().npus().getFirst().checks().stream().filter(check -> check.name().equals("permission"))
                .findFirst().orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"crw-rw----, root, render, 1000, 992, PASSED", "crw-rw----, 0, 992, 1000, 992, PASSED",
            "crw-rw----, root, render, 0, 0, PASSED", "crw-rw-rw-, root, root, 1000, 1000, PASSED",
            "crw-rw----, root, render, 1000, 1000, FAILED", "crw-------, root, root, 1000, 992, FAILED",
            "crw-------, 1000, root, 1000, 992, PASSED", "c---rw-rw-, 1000, render, 1000, 992, FAILED",
            "cr--r--r--, root, render, 1000, 992, FAILED", "crw-rw----+, root, render, 1000, 1000, UNKNOWN",
            "crw-rw----+, root, render, 1000, 992, PASSED"})
    void permissionsAreThoseOfTheKernel(String mode, String owner, String group, int uid, String groups,
            Check.Status status) throws IOException {
        node(mode, owner, group);
        user(uid, groups);

        assertThat(permission().status()).isEqualTo(status);
        assertThat(permission().remedy().isEmpty()).isEqualTo(status != Check.Status.FAILED);
    }

    @Test
    void aNodeOfRootAloneNeedsARule() throws IOException {
        node("crw-------", "root", "root");

        assertThat(permission().remedy()).contains("udev");
    }

    @Test
    void aContainerNeedsTheGroupFromOutside() throws IOException {
        write(".dockerenv", "");
        user(1000, "1000");

        assertThat(permission().remedy()).contains("docker run --group-add $(stat -c %g /dev/accel/accel0)");
    }

    @Test
    void onlyABackendMakesADeviceUsed() throws IOException {
        HardwareProbe probe = HardwareProbe.captured(root);

        assertThat(probe.report().conclusion()).startsWith(
                "The NPU (Intel AI Boost) is ready, but this jnpu has no backend for it yet; everything runs on");
        assertThat(probe.report(Set.of(RuntimeLibrary.Kind.OPENVINO)).conclusion())
                .startsWith("The NPU (Intel AI Boost) is ready, but its runtime is missing;");
        for (String name : List.of("libopenvino_c.so.2530", "libopenvino.so.2530", "libopenvino_ir_frontend.so.2530",
                "libopenvino_intel_cpu_plugin.so", "libopenvino_intel_npu_plugin.so", "libtbb.so.12")) {
            write("usr/lib/" + name, "");
        }
        assertThat(probe.report(Set.of(RuntimeLibrary.Kind.OPENVINO)).conclusion())
                .startsWith(
                        "The NPU (Intel AI Boost) can be used; the rest runs on the CPU (1 core, 256-bit vectors).");
        assertThat(probe.report(Set.of(RuntimeLibrary.Kind.CUDA)).conclusion()).contains("no backend");
    }

    @ParameterizedTest
    @CsvSource({"run/.containerenv, '', Podman", "proc/self/cgroup, 0::/docker/0123, Docker",
            "proc/self/cgroup, 0::/kubepods/besteffort/pod1, Kubernetes", "proc/self/cgroup, 0::/lxc.payload.a, LXC",
            "environment.txt, container=lxc, LXC", "environment.txt, container=systemd-nspawn, systemd-nspawn",
            "environment.txt, KUBERNETES_SERVICE_HOST=10.0.0.1, Kubernetes", "proc/self/cgroup, 0::/user.slice, ''"})
    void containers(String file, String content, String name) throws IOException {
        write(file, content);

        assertThat(report().system().container()).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource({"sys/class/dmi/id/sys_vendor, QEMU, KVM", "sys/class/dmi/id/sys_vendor, 'VMware, Inc.', VMware",
            "sys/class/dmi/id/sys_vendor, innotek GmbH, VirtualBox",
            "sys/class/dmi/id/sys_vendor, Amazon EC2, Amazon EC2",
            "sys/devices/system/clocksource/clocksource0/available_clocksource, tsc kvm-clock, KVM",
            "proc/sys/kernel/osrelease, 4.4.0-19041-Microsoft, WSL",
            "sys/class/dmi/id/sys_vendor, Dell Inc., a hypervisor"})
    void guests(String file, String content, String name) throws IOException {
        write(file, content);

        assertThat(report().system().virtualization()).isEqualTo(name);
    }

    @Test
    void aHyperVGuestIsTwoStringsOfDmi() throws IOException {
        write("sys/class/dmi/id/sys_vendor", "Microsoft Corporation");
        write("sys/class/dmi/id/product_name", "Virtual Machine");

        assertThat(report().system().virtualization()).isEqualTo("Hyper-V");
    }

    @Test
    void unknownGpusAreNamedByTheSystemsList() throws IOException {
        String gpu = "sys/bus/pci/devices/0000%3A01%3A00.0/";
        write(gpu + "vendor", "0x10de");
        write(gpu + "device", "0x1eb8");
        write(gpu + "class", "0x030200");
        write("usr/share/misc/pci.ids", """
                # a comment
                1002  Advanced Micro Devices
                \t1eb8  Not this one
                10de  NVIDIA Corporation
                \t1eb7  Neither
                \t\t1eb8 0000  Nor a subsystem
                \t1eb8  TU104GL [Tesla T4]
                ffff  Illegal
                """);

        assertThat(report().gpus().getFirst().name()).isEqualTo("TU104GL [Tesla T4]");
    }

    @Test
    void anEmptyFolderIsNoMachine(@TempDir Path nothing) {
        assertThatIllegalArgumentException().isThrownBy(() -> HardwareProbe.captured(nothing))
                .withMessageContaining("neither proc or sys");
        assertThatIllegalArgumentException().isThrownBy(() -> HardwareProbe.captured(nothing.resolve("absent")));
    }

    @Test
    void aCapturedMachinesLibrariesAreNotLoaded() {
        assertThatIllegalStateException().isThrownBy(
                () -> HardwareProbe.captured(root).report(Set.of(), library -> library));
    }

    @Test
    void aCaptureNamesNoOtherPeople(@TempDir Path captured) throws IOException {
        write("etc/passwd", "root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\n"
                + "berta:x:1001:1001::/home/berta:/bin/sh\n");
        write("environment.txt", "HOME=/home/anna\nAWS_SECRET_ACCESS_KEY=secret\n");
        HardwareCapture.write(HardwareProbe.captured(root), captured);

        assertThat(captured.resolve("etc/passwd")).content().contains("anna").doesNotContain("berta");
        assertThat(captured.resolve("environment.txt")).hasContent("HOME=/home/anna\n");
    }

    private void write(String relative, String content) throws IOException {
        Path file = root.resolve(relative);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
