package io.github.jnpu.engine.backend.onnxruntime.capi;

import io.github.jnpu.engine.backend.BackendException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Which file is loaded, and which are refused; in processes of their own where the choice is for the whole process. */
class OnnxRuntimeLibraryTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"1.24.0", "1.29.0", "1.29.0-dev", "1.130.2"})
    void newerVersionsHaveAllThatIsCalled(String version) {
        assertThat(OnnxRuntimeLibrary.refusal(version)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.23.2", "1.8.1", "0.9.0", "2.0.0", "", "1.", "1.99999999999.0"})
    void othersAreRefused(String version) {
        assertThat(OnnxRuntimeLibrary.refusal(version)).hasValueSatisfying(
                reason -> assertThat(reason).contains("ONNX Runtime").contains(version).contains("1.24"));
    }

    @Test
    void anotherLibraryIsRefused() throws IOException {
        Path other;
        try (Stream<Path> files = Files.walk(Path.of(System.getProperty("java.home")))) {
            other = files.filter(file -> file.getFileName().toString().equals(System.mapLibraryName("zip"))).findFirst()
                    .orElseThrow();
        }
        assertThatThrownBy(() -> OnnxRuntimeLibrary.open(other)).isInstanceOf(BackendException.class)
                .hasMessageContaining(other + " is not ONNX Runtime");
        Path text = Files.writeString(folder.resolve("libonnxruntime.so"), "not a library");
        assertThatThrownBy(() -> OnnxRuntimeLibrary.open(text)).isInstanceOf(BackendException.class)
                .hasMessageContaining(text + " cannot be loaded");
    }

    @Test
    void theJarsLibraryIsUnpackedOnceAndWhole() throws IOException, InterruptedException {
        String first = ask(List.of("-Duser.home=" + folder));
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> unpacked = files.filter(Files::isRegularFile).toList();
            assertThat(unpacked).hasSize(1);
            assertThat(first).contains("1.29.0 of " + unpacked.getFirst());
            // What a crash may leave is not taken.
            Files.write(unpacked.getFirst(), new byte[100]);
        }
        assertThat(ask(List.of("-Duser.home=" + folder))).isEqualTo(first);
    }

    @Test
    void aNamedFileGoesFirst() throws IOException, InterruptedException {
        Path copy = folder.resolve("any.name");
        Files.copy(OnnxRuntimeLibrary.load().file(), copy);
        assertThat(ask(List.of("-D%s=%s".formatted(LibraryFile.PROPERTY, copy)))).contains("1.29.0 of " + copy);
        assertThat(ask(List.of("-D%s=%s".formatted(LibraryFile.SHORT_PROPERTY, copy)))).contains("1.29.0 of " + copy);
        assertThat(ask(List.of("-D%s=%s".formatted(LibraryFile.PROPERTY, folder.resolve("none")))))
                .contains(
                        "refused: ONNX Runtime's library %s: there is no such file".formatted(folder.resolve("none")));
    }

    @Test
    void withoutNativeAccessItSaysSo() throws IOException, InterruptedException {
        assertThat(ask(List.of("--illegal-native-access=deny"), false)).contains("refused: ")
                .contains("--enable-native-access=ALL-UNNAMED");
    }

    private static String ask(List<String> options) throws IOException, InterruptedException {
        return ask(options, true);
    }

    private static String ask(List<String> options, boolean nativeAccess) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (nativeAccess) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Asked.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().remove("XDG_CACHE_HOME");
        builder.environment().remove(LibraryFile.VARIABLE);
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        return printed;
    }

    /** Runs in the other process. */
    static final class Asked {
        private Asked() {}

        public static void main(String[] arguments) {
            try {
                OnnxRuntimeLibrary library = OnnxRuntimeLibrary.load();
                System.out.println(library.version() + " of " + library.file());
            } catch (BackendException e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
    }
}
