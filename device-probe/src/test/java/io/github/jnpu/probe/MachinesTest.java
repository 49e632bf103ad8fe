package io.github.jnpu.probe;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Machines as their files describe them, written from documented layouts, each with the whole report that is expected of it. {@code
 * -Djnpu.probe.write=true} writes the reports anew; read the difference before you commit it.
 */
class MachinesTest {
    private static final Path MACHINES = Path.of("src/test/resources/machines");

    static List<String> machines() throws IOException {
        try (Stream<Path> folders = Files.list(MACHINES)) {
            return folders.filter(Files::isDirectory).map(folder -> folder.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("machines")
    void saysWhatIsExpected(String machine) throws IOException {
        Path folder = MACHINES.resolve(machine);
        JsonNode report = ReportJson.of(HardwareProbe.captured(folder).report());

        Path expected = folder.resolve("expected.json");
        if (Boolean.getBoolean("jnpu.probe.write")) {
            Files.writeString(expected, ReportJson.text(report));
        }

        assertThat(ReportJson.text(report)).isEqualTo(ReportJson.text(ReportJson.read(expected)));
    }

    /** What is captured of a machine is enough to say the same of it elsewhere. */
    @ParameterizedTest
    @MethodSource("machines")
    void aCaptureSaysTheSame(String machine, @TempDir Path captured) throws IOException {
        HardwareProbe probe = HardwareProbe.captured(MACHINES.resolve(machine));

        HardwareCapture.write(probe, captured);

        assertThat(HardwareProbe.captured(captured).report()).isEqualTo(probe.report());
    }
}
