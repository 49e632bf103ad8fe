package io.github.jnpu.probe.deep;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.HardwareProbe;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.RuntimeLibrary.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class ChildProcessProbeTest {
    /** Stand in for a library that crashes, one that hangs, and one that talks. */
    static final class Crash {
        public static void main(String[] args) {
            // As when a library calls abort(): the shell's way to give a process's end a signal's number.
            Runtime.getRuntime().halt(134);
        }
    }

    static final class Hang {
        public static void main(String[] args) throws InterruptedException {
            Thread.sleep(Duration.ofMinutes(10));
        }
    }

    static final class Talk {
        public static void main(String[] args) {
            System.out.println("a driver says hello");
            System.out.println("jnpu-deep\tversion\t1.2.3");
            System.out.println("jnpu-deep\tdevice\tFast \u001b[31mthing");
            System.out.println("x".repeat(200_000));
        }
    }

    private static RuntimeLibrary library(String path) {
        return new RuntimeLibrary(Kind.OPENCL, path, "", List.of(), List.of());
    }

    private static RuntimeLibrary ask(Class<?> main, Duration limit) throws InterruptedException {
        return new ChildProcessProbe(limit, main.getName()).ask(library("/lib/x.so"));
    }

    @Test
    void aCrashIsAFinding() throws InterruptedException {
        Check check = ask(Crash.class, Duration.ofSeconds(20)).checks().getLast();

        assertThat(check.status()).isEqualTo(Check.Status.FAILED);
        assertThat(check.evidence()).contains("signal 6");
        assertThat(check.remedy()).isNotEmpty();
    }

    @Test
    void aHangIsAFinding() throws InterruptedException {
        Check check = ask(Hang.class, Duration.ofSeconds(1)).checks().getLast();

        assertThat(check.status()).isEqualTo(Check.Status.FAILED);
        assertThat(check.evidence()).isEqualTo("no answer after 1 s");
    }

    @Test
    void onlyMarkedLinesCount() throws InterruptedException {
        RuntimeLibrary library = ask(Talk.class, Duration.ofSeconds(20));

        assertThat(library.version()).isEqualTo("1.2.3");
        assertThat(library.devices()).containsExactly("Fast ?[31mthing");
        assertThat(library.checks().getLast()).isEqualTo(Check.passed("loads", "it loads and sees 1 device"));
    }

    @Test
    void aFileThatIsNoLibraryDoesNotLoad(@TempDir Path folder) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("libOpenCL.so.1"), "text");

        Check check = new ChildProcessProbe().ask(library(file.toString())).checks().getLast();

        assertThat(check.status()).isEqualTo(Check.Status.FAILED);
        assertThat(check.evidence()).contains(file.toString());
    }

    @Test
    void whatCannotBeAskedStaysAsItIs() throws InterruptedException {
        RuntimeLibrary absent = library("");
        RuntimeLibrary other = new RuntimeLibrary(Kind.XRT, "/lib/x.so", "", List.of(), List.of());

        assertThat(new ChildProcessProbe().ask(absent)).isSameAs(absent);
        assertThat(new ChildProcessProbe().ask(other)).isSameAs(other);
    }

    /** The real thing, where it is installed: pocl and lavapipe make devices of any CPU. */
    @ParameterizedTest
    @EnumSource(names = {"OPENVINO", "OPENCL", "VULKAN"})
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "no library was ever asked there")
    void asksRealLibraries(Kind kind) throws InterruptedException {
        List<RuntimeLibrary> usable = HardwareProbe.local().report().runtimes().stream()
                .filter(library -> library.kind() == kind && !library.path().isEmpty()).toList();
        assumeTrue(!usable.isEmpty(), "no library for " + kind + " here");

        RuntimeLibrary asked = new ChildProcessProbe().ask(usable.getFirst());

        assertThat(asked.checks().getLast().evidence()).startsWith("it loads and sees");
        assertThat(asked.version()).isNotEmpty();
    }
}
