package io.github.jnpu.samples.devices;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/** The program on this machine, and on machines as their files describe them. */
class DevicesTest {
    private static final Path MACHINES = Path.of("../../device-probe/src/test/resources/machines");

    @TempDir
    Path folder;

    private record Run(int code, String out, String err) {}

    private static Run devices(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Devices.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int code = command.execute(arguments);
        command.getErr().flush();
        return new Run(code, out.toString(), err.toString());
    }

    @Test
    void saysWhatThisMachineHas() {
        Run run = devices();
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("CPU: ").contains("Memory: ", "NPU: ");
        assertThat(run.out().lines().toList().getLast()).as("the conclusion").hasSizeGreaterThan(20).endsWith(".");
    }

    @Test
    void saysWhyAnNpuIsNotUsedAndWhatToDo() {
        String out = devices("--root", MACHINES.resolve("broken-permissions").toString()).out();
        assertThat(out).contains("NPU: Intel AI Boost, cannot be used").containsPattern("FAILED +permission").contains(
                "do: Add the user to group render: sudo usermod -aG render");
    }

    @Test
    void writesJson() throws IOException {
        JsonNode report = new ObjectMapper().readTree(devices("--json").out());
        assertThat(report.at("/cpu/physical_cores").asInt()).isPositive();
        assertThat(report.path("conclusion").asText()).isNotBlank();
        assertThat(report.path("npus").isArray()).isTrue();
    }

    @Test
    void errorsAreOneLine() {
        Run run = devices("--root", folder.toString());
        assertThat(run.code()).isOne();
        assertThat(run.err().lines()).singleElement().asString().startsWith("Error: ").contains("holds no machine");
        assertThat(devices("frob").err().lines()).singleElement().asString().contains("frob");
    }
}
