package io.github.jnpu.engine.registry;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class IdentityTest {
    @TempDir
    Path folder;

    @Test
    void aKeyThatWasMadeIsReadBack() throws IOException {
        Path file = folder.resolve("new/id_ed25519");
        assertThat(Identity.read(file)).isEmpty();
        Identity made = Identity.readOrCreate(file);
        Identity read = Identity.read(file).orElseThrow();
        assertThat(read.publicKey()).isEqualTo(made.publicKey()).startsWith("AAAAC3NzaC1lZDI1NTE5");
        // Ed25519 signs without chance.
        assertThat(read.sign("text")).isEqualTo(made.sign("text"));
        assertThat(Files.readString(Path.of(file + ".pub"))).isEqualTo("ssh-ed25519 " + made.publicKey() + "\n");
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
        }
        assertThat(Identity.readOrCreate(file).publicKey()).isEqualTo(made.publicKey());
    }

    @Test
    void opensshAgrees() throws Exception {
        Path own = folder.resolve("own");
        Identity made = Identity.readOrCreate(own);
        assumeTrue(keygen("-y", "-f", own.toString()) == 0, "no ssh-keygen here");
        assertThat(Files.readString(folder.resolve("out"))).startsWith("ssh-ed25519 " + made.publicKey());
        Path theirs = folder.resolve("theirs");
        assertThat(keygen("-q", "-t", "ed25519", "-N", "", "-f", theirs.toString())).isZero();
        assertThat(Files.readString(Path.of(theirs + ".pub"))).startsWith("ssh-ed25519 " + Identity.read(theirs)
                .orElseThrow().publicKey());
        Path locked = folder.resolve("locked");
        assertThat(keygen("-q", "-t", "ed25519", "-N", "secret", "-f", locked.toString())).isZero();
        assertThatThrownBy(() -> Identity.read(locked)).isInstanceOf(RegistryException.class).hasMessageContaining(
                "encrypted");
    }

    private int keygen(String... arguments) throws InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "ssh-keygen";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        try {
            return new ProcessBuilder(command).redirectOutput(folder.resolve("out").toFile()).start().waitFor();
        } catch (IOException e) {
            return -1;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA/////w==\n-----END OPENSSH PRIVATE KEY-----"})
    void damagedKeysAreOneLine(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("key"), text);
        assertThatThrownBy(() -> Identity.read(file)).isInstanceOf(RegistryException.class).hasMessageContaining(
                "it has to be an Ed25519 key without a password");
    }
}
