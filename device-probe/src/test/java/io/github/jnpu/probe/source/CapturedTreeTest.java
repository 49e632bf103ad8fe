package io.github.jnpu.probe.source;

import io.github.jnpu.probe.SystemInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

class CapturedTreeTest {
    @TempDir
    Path root;

    private SystemSource tree() {
        return new CapturedTree(root, SystemInfo.Family.LINUX);
    }

    @Test
    void writtenLinksAreFollowed() throws IOException {
        write("sys/devices/pci0/0000%3A00%3A0b.0/vendor", "0x8086\n");
        write("sys/bus/pci/devices/0000%3A00%3A0b.0.link", "../../../devices/pci0/0000:00:0b.0\n");
        write("sys/npu.link", "/sys/bus/pci/devices/0000:00:0b.0\n");

        assertThat(tree().text("/sys/bus/pci/devices/0000:00:0b.0/vendor")).contains("0x8086\n");
        assertThat(tree().text("/sys/npu/vendor")).contains("0x8086\n");
        assertThat(tree().link("/sys/npu")).contains("/sys/bus/pci/devices/0000:00:0b.0");
        assertThat(tree().names("/sys/bus/pci/devices")).containsExactly("0000:00:0b.0");
        assertThat(tree().unread()).isEmpty();
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need privileges there, colons are not allowed")
    void realLinksAndNamesAreReadToo() throws IOException {
        write("sys/devices/0000:00:0b.0/vendor", "0x8086\n");
        Files.createDirectories(root.resolve("sys/bus"));
        Files.createSymbolicLink(root.resolve("sys/bus/relative"), Path.of("../devices/0000:00:0b.0"));
        Files.createSymbolicLink(root.resolve("sys/bus/absolute"), Path.of("/sys/devices/0000:00:0b.0"));

        assertThat(tree().text("/sys/bus/relative/vendor")).contains("0x8086\n");
        assertThat(tree().text("/sys/bus/absolute/vendor")).contains("0x8086\n");
        assertThat(tree().link("/sys/bus/relative")).contains("../devices/0000:00:0b.0");
    }

    /** A capture holds what was read through a link in a folder of the link's name. */
    @Test
    void aLinkAndAFolderMayHaveTheSameName() throws IOException {
        write("sys/device.link", "../nowhere");
        write("sys/device/vendor", "0x8086");

        assertThat(tree().link("/sys/device")).contains("../nowhere");
        assertThat(tree().text("/sys/device/vendor")).contains("0x8086");
        assertThat(tree().names("/sys")).containsExactly("device");
    }

    @Test
    void deviceNodesAreListed() throws IOException {
        write("dev.ls", """
                /dev/accel:
                total 0
                crw-rw---- 1 root render 261, 0 Nov 20 09:30 accel0

                /dev/dri:
                total 0
                drwxr-xr-x  2 0   0         80 2026-11-20 09:30 by-path
                crw-rw----+ 1 0  44  226,   1 2026-11-20 09:30 card1
                crw-rw---- 1 0 992 226, 128 Nov 20  2025 renderD128

                /dev/dri/by-path:
                total 0
                lrwxrwxrwx 1 0 0 8 Nov 20 09:30 pci-0000:00:02.0-card -> ../card1
                """);

        assertThat(tree().names("/dev/dri")).containsExactly("by-path", "card1", "renderD128");
        assertThat(tree().node("/dev/accel/accel0"))
                .contains(new SystemSource.Node('c', "rw-rw----", "root", "render"));
        assertThat(tree().node("/dev/dri/card1")).contains(new SystemSource.Node('c', "rw-rw----+", "0", "44"));
        assertThat(tree().node("/dev/dri/renderD128")).contains(new SystemSource.Node('c', "rw-rw----", "0", "992"));
        assertThat(tree().node("/dev/dri/by-path/pci-0000:00:02.0-card")).isPresent();
        assertThat(tree().node("/dev/dri/card0")).isEmpty();
    }

    @Test
    void textIsUtf8OrElseLatin1() throws IOException {
        Files.write(root.resolve("utf8"), "Müller".getBytes(StandardCharsets.UTF_8));
        Files.write(root.resolve("latin1"), "Müller".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(tree().text("/utf8")).contains("Müller");
        assertThat(tree().text("/latin1")).contains("Müller");
    }

    @Test
    void onlyKnownVariablesCount() throws IOException {
        write("environment.txt", "HOME=/home/anna\nSECRET=x\nnonsense\n=y\nLD_LIBRARY_PATH = /a:/b \r\n");

        assertThat(tree().environment()).hasSize(2).containsEntry("HOME", "/home/anna")
                .containsEntry("LD_LIBRARY_PATH", "/a:/b");
    }

    private void write(String relative, String content) throws IOException {
        Path file = root.resolve(relative);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
