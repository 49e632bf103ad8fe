package io.github.jnpu.probe.source;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class WindowsRecordingTest {
    private static final String KEY = "HKEY_LOCAL_MACHINE\\A";

    @TempDir
    Path machine;
    @TempDir
    Path target;
    private WindowsRecording recording;

    @BeforeEach
    void aMachine() throws IOException {
        Files.writeString(machine.resolve("a.reg"), """
                REGEDIT4
                [HKEY_LOCAL_MACHINE\\A]
                "text"="say \\"hello\\", C:\\\\folder"
                "number"=dword:0000000a
                "bytes"=hex:00,ff
                "texts"=hex(7):%s
                "secret"="never asked for"
                [HKEY_LOCAL_MACHINE\\A\\B]
                """.formatted(HexFormat.ofDelimiter(",").formatHex("x\0y\0\0".getBytes(StandardCharsets.UTF_16LE))));
        Files.createDirectories(machine.resolve("C/Intel/openvino_1/runtime"));
        Files.createDirectories(machine.resolve("C/Intel/diary"));
        recording = new WindowsRecording(new WindowsTree(machine));
    }

    @Test
    void valuesAreTheSame() throws IOException {
        for (String name : new String[]{"text", "number", "bytes", "texts"}) {
            assertThat(recording.registryValue(KEY, name)).isPresent();
        }
        recording.registryKeys(KEY);

        WindowsTree again = write();
        for (String name : new String[]{"text", "number", "bytes", "texts"}) {
            assertThat(again.registryValue(KEY, name)).isEqualTo(recording.registryValue(KEY, name));
        }
        assertThat(again.registryKeys(KEY)).containsExactly("B");
        assertThat(again.registryValue(KEY, "secret")).isEmpty();
        assertThat(again.unread()).isEmpty();
    }

    @Test
    void foldersKeepOnlyWhatWasLookedAt() throws IOException {
        assertThat(recording.names("C:\\Intel")).containsExactly("diary", "openvino_1");
        recording.node("C:\\Intel\\openvino_1\\runtime\\openvino_c.dll");

        assertThat(write().names("C:\\Intel")).containsExactly("openvino_1");
        assertThat(Files.readString(target.resolve("files.csv"))).doesNotContain("diary");
    }

    @Test
    void whatIsUnknownStaysUnknown() throws IOException {
        recording.deviceProblem("PCI\\x");

        WindowsTree again = write();
        assertThat(again.deviceProblem("PCI\\x")).isEmpty();
        assertThat(again.topology()).isEmpty();
        assertThat(again.memory()).isEmpty();
    }

    @Test
    void overwritesNothing() throws IOException {
        Files.writeString(target.resolve("mine.txt"), "mine");

        assertThatIOException().isThrownBy(() -> recording.writeTo(target)).withMessageContaining("is not empty");
    }

    private WindowsTree write() throws IOException {
        recording.writeTo(target);
        return new WindowsTree(target);
    }
}
