package io.github.jnpu.probe.source;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

class PortableExecutableTest {
    private static final int HEADER = 0x80;
    private static final int RESOURCE_ADDRESS = 0x3000;
    private static final int RESOURCE_OFFSET = 0x400;

    @TempDir
    Path folder;

    @Test
    void readsTheVersionOf64BitFiles() throws IOException {
        assertThat(version(file(true, 16))).contains("32.0.100.4239");
    }

    @Test
    void readsTheVersionOf32BitFiles() throws IOException {
        assertThat(version(file(false, 16))).contains("32.0.100.4239");
    }

    @Test
    void readsFromFiles() throws IOException {
        Path library = folder.resolve("openvino_c.dll");
        Files.write(library, file(true, 16));

        assertThat(PortableExecutable.version(library)).contains("32.0.100.4239");
        assertThat(PortableExecutable.version(folder)).isEmpty();
    }

    @Test
    void aFileWithoutVersionHasNone() throws IOException {
        assertThat(version(file(true, 24))).isEmpty();
        assertThat(version("#!/bin/sh\n".getBytes(StandardCharsets.UTF_8))).isEmpty();
        assertThat(version(new byte[0])).isEmpty();
    }

    @Test
    void anEndTooEarlyIsNoVersion() throws IOException {
        byte[] whole = file(true, 16);
        for (int length = 0; length < whole.length - 1; length++) {
            assertThat(version(Arrays.copyOf(whole, length))).isEmpty();
        }
    }

    @Test
    void brokenBytesNeverThrow() {
        Random random = new Random(5);
        byte[] whole = file(true, 16);
        assertTimeoutPreemptively(ofSeconds(60), () -> {
            for (int round = 0; round < 50_000; round++) {
                byte[] broken = whole.clone();
                for (int change = random.nextInt(8); change >= 0; change--) {
                    broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
                }
                version(broken);
            }
        });
    }

    @Test
    void aDirectoryInACircleEnds() throws IOException {
        ByteBuffer file = ByteBuffer.wrap(file(true, 16)).order(ByteOrder.LITTLE_ENDIAN);
        // The entry for version resources leads back to the directory that it is in.
        file.putInt(RESOURCE_OFFSET + 16 + 4, 0x8000_0000);

        assertThat(version(file.array())).isEmpty();
    }

    private static Optional<String> version(byte[] file) throws IOException {
        return PortableExecutable.version((offset, length) -> {
            assertThat(offset).isNotNegative();
            assertThat(length).isBetween(0, 64 << 10);
            return offset >= file.length
                    ? new byte[0]
                    : Arrays.copyOfRange(file, (int) offset, (int) Math.min(file.length, offset + length));
        });
    }

    /** The least that a loader would take for a library with a resource section; ends with the version. */
    static byte[] file(boolean wide, int resourceType) {
        ByteBuffer file = ByteBuffer.allocate(RESOURCE_OFFSET + 0x60 + 56).order(ByteOrder.LITTLE_ENDIAN);
        file.putShort(0, (short) 0x5A4D).putInt(60, HEADER);
        int optional = HEADER + 24;
        int directories = wide ? 112 : 96;
        int optionalLength = directories + 16 * 8;
        file.putInt(HEADER, 0x4550).putShort(HEADER + 4, (short) 0x8664).putShort(HEADER + 6, (short) 2)
                .putShort(HEADER + 20, (short) optionalLength);
        file.putShort(optional, (short) (wide ? 0x20B : 0x10B)).putInt(optional + directories - 4, 16)
                .putInt(optional + directories + 16, RESOURCE_ADDRESS).putInt(optional + directories + 20, 0x1000);
        section(file, optional + optionalLength, ".text", 0x1000, 0x200);
        section(file, optional + optionalLength + 40, ".rsrc", RESOURCE_ADDRESS, RESOURCE_OFFSET);
        // Type, name, language: a directory with one entry each, 24 bytes.
        int at = RESOURCE_OFFSET;
        file.putShort(at + 14, (short) 1).putInt(at + 16, resourceType).putInt(at + 20, 0x8000_0018);
        file.putShort(at + 0x18 + 14, (short) 1).putInt(at + 0x18 + 16, 1).putInt(at + 0x18 + 20, 0x8000_0030);
        file.putShort(at + 0x30 + 14, (short) 1).putInt(at + 0x30 + 16, 1033).putInt(at + 0x30 + 20, 0x48);
        file.putInt(at + 0x48, RESOURCE_ADDRESS + 0x60).putInt(at + 0x4C, 92);
        int info = at + 0x60;
        file.putShort(info, (short) 92).putShort(info + 2, (short) 52);
        file.position(info + 6).put("VS_VERSION_INFO\0".getBytes(StandardCharsets.UTF_16LE));
        file.putInt(info + 40, 0xFEEF04BD).putInt(info + 48, 32 << 16).putInt(info + 52, 100 << 16 | 4239);
        return file.array();
    }

    private static void section(ByteBuffer file, int at, String name, int address, int offset) {
        file.position(at).put(name.getBytes(StandardCharsets.US_ASCII));
        file.putInt(at + 8, 0x200).putInt(at + 12, address).putInt(at + 16, 0x200).putInt(at + 20, offset);
    }
}
