package io.github.jnpu.samples.tools;

import io.github.jnpu.langchain4j.Scripts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The whole program, with models whose weights say a script and with the demo model. */
@Timeout(300)
class ToolsTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-01-15T12:00:00Z"), ZoneOffset.UTC);
    /** Behind a tool's result the prompt ends in the middle of the script, and the model goes on from there. */
    private static final String TEMPLATE = Scripts.TEMPLATE.replace("<|go|>",
            "{% if messages[-1].role == 'tool' %}Now:{% else %}<|go|>{% endif %}");

    @TempDir
    Path folder;

    private record Run(int code, String out, String err) {}

    private static Run tools(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Tools.commandLine(NOON).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int code = command.execute(arguments);
        command.getErr().flush();
        return new Run(code, out.toString(), err.toString());
    }

    private String model(String... call) throws IOException {
        List<String> script = Stream.concat(Stream.of(call), Stream.of("Now:", "so", " be", " it.")).toList();
        return Scripts.model(folder.resolve("scripted.gguf"), TEMPLATE, script).toString();
    }

    @Test
    void aModelCallsJavaMethods() throws IOException {
        String model = model("<tool_call>", "{\"name\": ", "\"getWeather\", ", "\"arguments\": ", "{\"city\": \"Os",
                "lo\"}}", "</tool_call>", "\n<tool_call>{\"na", "me\": \"calculate\", \"arguments\"",
                ": {\"expression\": \"17 * (20 + 3)\"}}</tool", "_call>");
        Run run = tools("--model", model, "Is it", "cold in Oslo?");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out().lines()).containsExactly("> Is it cold in Oslo?",
                "  getWeather({\"city\": \"Oslo\"}) = -3 degrees and snowy",
                "  calculate({\"expression\": \"17 * (20 + 3)\"}) = 391", "so be it.");
    }

    @Test
    void aModelIsToldOfItsMistakes() throws IOException {
        String model = model("<tool_call>", "{\"name\": ", "\"calculate\", ", "\"arguments\": ", "{\"expression\": \"2",
                " +\"}}", "</tool_call>", "\n<tool_call>{\"na", "me\": \"frob\", \"arguments\"", ": {}}</tool",
                "_call>");
        Run run = tools("--model", model, "?");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("= Error: a number is missing at")
                .endsWith("so be it." + System.lineSeparator());
    }

    /** What the demo model can do depends on its weights; in no case is there a stack trace. */
    @Test
    void theDemoModelAnswersOrSaysWhatIsMissing() {
        Run run = tools("What is the weather in Oslo?");
        if (run.code() == 0) {
            assertThat(run.out()).containsPattern("get(Weather|Time)\\(");
        } else {
            assertThat(run.err().lines()).singleElement().asString().contains("no place for tools",
                    "take a model that has tools");
        }
    }

    @Test
    void theToolsThemselves() {
        WorldClock clock = new WorldClock(NOON);
        assertThat(clock.getTime("Oslo")).isEqualTo("13:00");
        assertThat(clock.getTime("new york")).isEqualTo("07:00");
        assertThat(clock.getTime("Atlantis")).contains("no time zone for Atlantis");
        assertThat(new Weather().getWeather("Atlantis")).contains("no weather station");
        Calculator calculator = new Calculator();
        assertThat(calculator.calculate("17 * 23")).isEqualTo("391");
        assertThat(calculator.calculate("-2 * (3 + 4) / 4 - 0.50")).isEqualTo("-4");
        assertThat(calculator.calculate("1000 - 1")).isEqualTo("999");
        for (String wrong : List.of("", "2 +", "(1", "1)", "two", "1.2.3", "1/0", "1".repeat(300))) {
            assertThatThrownBy(() -> calculator.calculate(wrong)).as(wrong).isInstanceOfAny(
                    IllegalArgumentException.class, ArithmeticException.class);
        }
    }
}
