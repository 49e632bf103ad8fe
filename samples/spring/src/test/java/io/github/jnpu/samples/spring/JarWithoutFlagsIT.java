package io.github.jnpu.samples.spring;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** The packaged application, started by someone who knows of no flags. */
@Timeout(180)
class JarWithoutFlagsIT {
    private static final Pattern STARTED = Pattern.compile("started on port (\\d+)");

    @Test
    void itAnswersAndSaysOnceWhatToAdd() throws Exception {
        Process application = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar", System.getProperty("sample.jar"), "--server.port=0").redirectErrorStream(true).start();
        List<String> output = new CopyOnWriteArrayList<>();
        try (BufferedReader lines = application.inputReader()) {
            Asker asker = new Asker(port(lines, output));
            String answer = asker.ask("/chat", "What does an NPU do?").body();
            assertThat(answer).containsIgnoringCase("npu").endsWith(".");
            assertThat(String.join("", Asker.pieces(asker.ask("/stream", "What does an NPU do?")))).isEqualTo(answer);
            // Process.destroy would close what is still to be read.
            application.toHandle().destroy();
            lines.lines().forEach(output::add);
        } finally {
            application.destroyForcibly();
        }
        assertThat(output.stream().filter(line -> line.contains(" WARN "))).hasSize(1).allMatch(line -> line.contains(
                "start Java with --add-modules jdk.incubator.vector."));
        assertThat(output).noneMatch(line -> line.contains("restricted method"));
    }

    private static int port(BufferedReader lines, List<String> output) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            output.add(line);
            Matcher started = STARTED.matcher(line);
            if (started.find()) {
                return Integer.parseInt(started.group(1));
            }
        }
        throw new AssertionError("it does not start: " + String.join("\n", output));
    }
}
