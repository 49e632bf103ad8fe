package io.github.jnpu.samples.extract;

import io.github.jnpu.langchain4j.Scripts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** The whole program, with models whose weights say a script and with the demo model. */
@Timeout(300)
class ExtractTest {
    @TempDir
    Path folder;

    private record Run(int code, String out, String err) {}

    private static Run extract(String input, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Extract.commandLine(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)))
                .setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int code = command.execute(arguments);
        command.getErr().flush();
        return new Run(code, out.toString(), err.toString());
    }

    private String model(String... script) throws IOException {
        return Scripts.model(folder.resolve("scripted.gguf"), Scripts.TEMPLATE, List.of(script)).toString();
    }

    @Test
    void readsAPersonFromStandardInput() throws IOException {
        Run run = extract("Bo, 51, of Oslo", "--model", model("{\"name\": ", "\"Bo\",", " \"age\": 51,",
                " \"city\": \"Oslo\"}"), "-");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out().lines()).containsExactly("Bo, 51, of Oslo", "", "Person", "  name  Bo", "  age   51",
                "  city  Oslo");
    }

    @Test
    void readsAnInvoiceFromAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("invoice.txt"), "Hallow Books owes for two shelves.\n");
        Run run = extract("", "--model", model("{\"number\": \"A-7\",", " \"date\": {\"year\": 2026,",
                " \"month\": 11, \"day\": 3},", " \"customer\": \"Hallow\",", " \"currency\": \"EUR\",",
                " \"items\": [",
                "{\"article\": \"shelf\",", " \"quantity\": 2,", " \"price\": 129.5}", "]}"), "--record", "invoice",
                file
                        .toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("Invoice A-7 of 2026-11-03 for Hallow", "2 shelf at 129.50", "total 259.00 EUR");
    }

    @Test
    void totalsAreComputed() {
        assertThat(new Invoice("1", LocalDate.EPOCH, "c", Invoice.Currency.USD, List.of(new Invoice.Item("a", 3, 1.5),
                new Invoice.Item("b", 1, 2)))
                .total()).isEqualTo(6.5);
    }

    /** How good the record is depends on the weights; in no case is there a stack trace. */
    @Test
    void theDemoModelGivesARecordOrTheProgramSaysWhyNot() {
        Run run = extract("");
        if (run.code() == 0) {
            assertThat(run.out()).containsPattern("Person\\R  name  \\S.*\\R  age   \\d+\\R  city  \\S");
        } else {
            assertThat(run.err().lines()).singleElement().asString().contains("not whole");
        }
    }

    @Test
    void errorsAreOneLine() throws IOException {
        Path empty = Files.writeString(folder.resolve("empty.txt"), " \n");
        for (String[] wrong : new String[][]{{folder.resolve("nowhere").toString()}, {empty.toString()},
                {"--record", "x"},
                {"--model", "no-such-model"}, {"a", "b"}}) {
            Run run = extract("", wrong);
            assertThat(run.code()).isOne();
            assertThat(run.err().lines()).as(run.err()).singleElement().asString().startsWith("Error: ")
                    .hasSizeGreaterThan(
                            15);
        }
    }
}
