package io.github.jnpu.samples.rag;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The whole program, with the demo model and all-MiniLM on ONNX Runtime. */
@Timeout(300)
class RagTest {
    private static final Path CORPUS = Path.of("corpus");
    private static final Path QUESTIONS = Path.of("questions.tsv");

    @TempDir
    Path folder;

    private record Run(int code, String out, String err) {}

    private Run rag(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> all = new ArrayList<>(List.of("--store", folder.resolve("store").toString()));
        all.addAll(List.of(arguments));
        CommandLine command = Rag.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int code = command.execute(all.toArray(String[]::new));
        command.getErr().flush();
        return new Run(code, out.toString(), err.toString());
    }

    private Path documents(String... namesAndTexts) throws IOException {
        Path documents = Files.createDirectories(folder.resolve("documents"));
        for (int i = 0; i < namesAndTexts.length; i += 2) {
            Path file = documents.resolve(namesAndTexts[i]);
            Files.createDirectories(file.getParent());
            Files.writeString(file, namesAndTexts[i + 1]);
        }
        return documents;
    }

    @Test
    void everySentenceStandsInItsDocumentAndInNoOther() throws IOException {
        List<Question> questions = Question.read(QUESTIONS);
        assertThat(questions).hasSize(200).extracting(Question::text).doesNotHaveDuplicates();
        List<Path> files;
        try (Stream<Path> list = Files.list(CORPUS)) {
            files = list.toList();
        }
        assertThat(files).hasSizeBetween(25, 40);
        for (Question question : questions) {
            List<String> holding = new ArrayList<>();
            for (Path file : files) {
                if (Files.readString(file).contains(question.sentence())) {
                    holding.add(file.getFileName().toString());
                }
            }
            assertThat(holding).as(question.text()).containsExactly(question.document());
        }
    }

    @Test
    void answersAndShowsWhereThatComesFrom() throws IOException {
        Path documents = documents("clock.md", "# Station\n\n## The clock\n\nThe station clock is four minutes slow.\n",
                "deep/soup.txt", "The soup of the day is leek.\n", "picture.png", "not a text", "empty.md", " \n");
        Run ingested = rag("ingest", documents.toString());
        assertThat(ingested.out()).contains("2 documents new, 0 changed, 0 removed, 0 as before; 2 passages");
        assertThat(ingested.err()).contains("empty.md is empty");
        Run asked = rag("ask", "How", "wrong", "is the clock", "at the station?");
        assertThat(asked.code()).isZero();
        assertThat(asked.out()).contains("0 documents new, 0 changed, 0 removed, 2 as before")
                .contains("[clock.md] Station / The clock, score 0.").contains(
                        "    The station clock is four minutes slow.")
                .doesNotContain("leek");
        String answer = asked.out().lines().skip(1).takeWhile(line -> !line.startsWith("[")).reduce("", String::concat);
        assertThat(answer).as("what the model said").isNotBlank();
    }

    @Test
    void onlyWhatChangedIsReadAgain() throws IOException {
        Path documents = documents("a.md", "# A\n\nThe harbour is open in winter.", "b.md",
                "# B\n\nThe museum has a bear.",
                "c.md", "# C\n\nTea is served at five.");
        rag("ingest", documents.toString());
        Files.delete(documents.resolve("c.md"));
        documents("b.md", "# B\n\nThe museum has two whales.", "d.md", "# D\n\nThe tower has a bell.");
        Run asked = rag("ask", "What does the museum have?");
        assertThat(asked.out()).contains("1 documents new, 1 changed, 1 removed, 1 as before; 3 passages").contains(
                "two whales").doesNotContain("a bear");
        Path other = Files.createDirectories(folder.resolve("other"));
        Files.writeString(other.resolve("a.md"), "# A\n\nThe harbour is closed.");
        assertThat(rag("ingest", other.toString()).out()).contains("1 documents new, 0 changed, 3 removed").contains(
                "; 1 passages");
    }

    @Test
    void errorsAreOneLine() throws IOException {
        assertThat(rag("ingest", folder.resolve("nowhere").toString())).satisfies(run -> {
            assertThat(run.code()).isOne();
            assertThat(run.err().strip()).matches("Error: .*nowhere is no folder");
        });
        assertThat(rag("--model", "no-such-model", "ask", "x").err().strip()).matches("Error: .*no-such-model.*");
        assertThat(rag("frob").err().strip()).matches("Error: .*frob.*");
        assertThat(rag("measure", "--answers", "0", "--corpus", CORPUS.toString(), "--questions", QUESTIONS.toString(),
                "--compare", "jlama=" + folder.resolve("a_b")).err().strip()).matches("Error: jlama: .* has no .*");
        Path documents = documents("a.md", "Some text.");
        rag("ingest", documents.toString());
        Files.writeString(folder.resolve("store").resolve("passages.json"), "{\"entries\": [");
        assertThat(rag("ask", "x").err().strip()).matches("Error: the store in .* cannot be read; delete it.*");
    }

    /** Figures that were seen, less some room for other processors' rounding. */
    @Test
    void findsWhatItIsAskedFor() {
        Run measured = rag("measure", "--corpus", CORPUS.toString(), "--questions", QUESTIONS.toString(), "--answers",
                "2");
        assertThat(measured.code()).as(measured.err()).isZero();
        assertThat(figure(measured.out(), "hit rate at 1")).isBetween(83.0, 100.0);
        assertThat(figure(measured.out(), "hit rate at 3")).isBetween(93.0, 100.0);
        assertThat(figure(measured.out(), "hit rate at 5")).isBetween(95.0, 100.0);
        assertThat(figure(measured.out(), "mean reciprocal rank")).isBetween(0.88, 1.0);
        assertThat(figure(measured.out(), "answers ")).isPositive();
        assertThat(figure(measured.out(), "without an answer")).isZero();
    }

    private static double figure(String text, String name) {
        Matcher line = Pattern.compile("(?m)^" + name + " +([0-9.]+)").matcher(text);
        assertThat(line.find()).as(name + " in " + text).isTrue();
        return Double.parseDouble(line.group(1));
    }
}
