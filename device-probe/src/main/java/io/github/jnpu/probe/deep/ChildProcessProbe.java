package io.github.jnpu.probe.deep;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.DeepProbe;
import io.github.jnpu.probe.RuntimeLibrary;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs {@link DeepProbeMain} in a new JVM for each library. Thread-safe. */
public final class ChildProcessProbe implements DeepProbe {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int MAX_OUTPUT = 64 << 10;
    private static final int MAX_DEVICES = 64;
    private static final String CHECK = "loads";
    static final Set<RuntimeLibrary.Kind> ASKABLE = EnumSet.of(RuntimeLibrary.Kind.OPENVINO,
            RuntimeLibrary.Kind.OPENCL, RuntimeLibrary.Kind.VULKAN);

    private final Duration limit;
    private final String main;

    /** With a limit of 20 seconds for each library. */
    public ChildProcessProbe() {
        this(LIMIT, DeepProbeMain.class.getName());
    }

    ChildProcessProbe(Duration limit, String main) {
        this.limit = limit;
        this.main = main;
    }

    @Override
    public RuntimeLibrary ask(RuntimeLibrary library) throws InterruptedException {
        if (library.path().isEmpty() || !ASKABLE.contains(library.kind())) {
            return library;
        }
        Process process;
        try {
            process = new ProcessBuilder(command(library)).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        } catch (IOException e) {
            return library.withCheck(Check.unknown(CHECK, "no process could be started: " + e.getMessage()));
        }
        try {
            CompletableFuture<String> output = read(process);
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return library.withCheck(Check.failed(CHECK, "no answer after %d s".formatted(limit.toSeconds()),
                        "A driver hangs: update the drivers of the devices, or remove this library."));
            }
            return result(library, process.exitValue(), output.join());
        } finally {
            process.destroyForcibly();
        }
    }

    private List<String> command(RuntimeLibrary library) {
        String java = ProcessHandle.current().info().command()
                .orElse(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        return List.of(java, "--enable-native-access=ALL-UNNAMED", "-Xmx64m", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                // A crash is what this process is for; it leaves nothing behind.
                "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=" + nowhere(), "-cp",
                System.getProperty("java.class.path"), main, library.kind().name(), library.path());
    }

    private static String nowhere() {
        return System.getProperty("os.name").startsWith("Windows") ? "NUL" : "/dev/null";
    }

    /** Reads to the end, or the process would wait for somebody to read; keeps the beginning. */
    private static CompletableFuture<String> read(Process process) {
        CompletableFuture<String> output = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("jnpu-deep-probe").start(() -> {
            try (InputStream in = process.getInputStream()) {
                byte[] head = in.readNBytes(MAX_OUTPUT);
                in.transferTo(OutputStream.nullOutputStream());
                output.complete(new String(head, StandardCharsets.UTF_8));
            } catch (IOException e) {
                // The process was ended while it wrote; what it said so far is of no use.
                output.complete("");
            }
        });
        return output;
    }

    /** Libraries print, too: only lines with the mark count. */
    private static RuntimeLibrary result(RuntimeLibrary library, int exit, String output) {
        String version = library.version();
        List<String> devices = new ArrayList<>();
        String error = "";
        for (String line : output.lines().toList()) {
            String[] parts = line.split("\t", 3);
            if (parts.length == 3 && parts[0].equals(DeepProbeMain.MARK)) {
                switch (parts[1]) {
                    case DeepProbeMain.VERSION -> version = parts[2];
                    case DeepProbeMain.DEVICE -> devices.add(parts[2]);
                    case DeepProbeMain.ERROR -> error = parts[2];
                    default -> {
                        // Of a newer jnpu on the same class path; nothing to do with it.
                    }
                }
            }
        }
        RuntimeLibrary asked = new RuntimeLibrary(library.kind(), library.path(), version,
                devices.size() > MAX_DEVICES ? devices.subList(0, MAX_DEVICES) : devices, library.checks());
        if (!error.isEmpty()) {
            return asked.withCheck(Check.failed(CHECK, error, "Install the library and the drivers below it again."));
        }
        if (exit != 0) {
            return asked.withCheck(Check.failed(CHECK, "asking it %s".formatted(ending(exit)),
                    "A driver crashes: update the drivers of the devices, or remove this library."));
        }
        if (devices.stream().allMatch(device -> device.endsWith(DeepProbeMain.ON_CPU))) {
            return asked.withCheck(Check.failed(CHECK,
                    devices.isEmpty() ? "it loads and sees no device" : "it loads and sees no device but the CPU",
                    "Install the drivers of the devices."));
        }
        return asked.withCheck(Check.passed(CHECK,
                "it loads and sees %d device%s".formatted(devices.size(), devices.size() == 1 ? "" : "s")));
    }

    /** Java adds 128 to the number of a signal. */
    private static String ending(int exit) {
        return exit > 128 && exit < 160
                ? "ended the process by signal %d".formatted(exit - 128)
                : "ended the process with code %d".formatted(exit);
    }
}
