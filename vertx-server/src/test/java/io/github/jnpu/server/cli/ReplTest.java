package io.github.jnpu.server.cli;

import io.github.jnpu.convert.TestModels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

class ReplTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final List<String> prompts = new ArrayList<>();

    @Test
    void answersAndLeavesAtTheEndOfInput() {
        run("/set parameter temperature 0", "/set parameter num_predict 12", "Once upon a time");

        assertThat(text(out)).contains(", there was a little girl named L");
        assertThat(text(err)).isEmpty();
    }

    @Test
    void byeLeavesBeforeTheNextLine() {
        run("/bye", "/show info");

        assertThat(text(out)).isEmpty();
    }

    @Test
    void messagesOfSeveralLinesStandBetweenQuotes() {
        run("/set parameter num_predict 2", "\"\"\"Once upon", "a time\"\"\"");

        assertThat(prompts).containsExactly(">>> ", ">>> ", "... ", ">>> ");
    }

    @Test
    void aMistakeDoesNotEndTheConversation() {
        run("/set parameter temperature warm", "/set parameter foo 1", "/set system Be brief.", "/nonsense",
                "word ".repeat(200), "/set parameter num_predict 1", "/show parameters");

        assertThat(text(err)).contains("parameter 'temperature' does not take 'warm'", "unknown parameter 'foo'",
                "no chat template", "longer than the context length");
        assertThat(text(err).lines()).hasSize(4).allMatch(line -> line.startsWith("Error: "));
        assertThat(text(out)).contains("Unknown command '/nonsense'").containsPattern("num_predict +1\n");
    }

    @Test
    void aNewContextLengthLoadsTheModelAnew() {
        run("/set parameter num_ctx 8", "word ".repeat(20), "/set parameter num_ctx 64", "/set parameter num_predict 1",
                "word ".repeat(20));

        assertThat(text(err).lines()).hasSize(1).first().asString().contains("context length of 8");
    }

    @Test
    void verboseCountsTheLoadOnce() {
        run("/set parameter num_predict 1", "/set verbose", "One", "Two", "/set quiet", "Three");

        assertThat(text(err).lines().filter(line -> line.startsWith("load duration:")).toList()).hasSize(2)
                .last().asString().endsWith(" 0.00ms");
    }

    @Test
    void showsWhatTheModelIs() {
        run("/show info", "/show template", "/show system", "/?");

        assertThat(text(out)).contains("architecture         llama", "The model has no chat template.",
                "No system message is set.", "/set parameter NAME VALUE");
    }

    @Test
    void remembersTheConversationUntilItIsCleared(@TempDir Path folder) throws IOException {
        Path model = TemplatedModel.write(folder.resolve("chat.gguf"),
                """
                        {% if messages | length > 2 %}{{ raise_exception(messages | map(attribute="role") | join(" ")) }}{% endif %}
                        {{- messages[-1].content }}""");

        run(model, "/set parameter num_predict 2", "One", "Two", "/clear", "Three", "/set system Be brief.", "/clear",
                "Four",
                "Five", "/show system");

        assertThat(text(err).lines()).containsExactly("Error: " + refusal("user assistant user"),
                "Error: " + refusal("system user assistant user"));
        assertThat(text(out)).endsWith("Be brief.\n");
    }

    private static String refusal(String roles) {
        return "the chat template refuses the conversation: " + roles;
    }

    @Test
    void anOldTurnMakesRoomForANewOne(@TempDir Path folder) throws IOException {
        Path model = TemplatedModel.write(folder.resolve("chat.gguf"),
                "{% for message in messages %}{{ message.content }} {% endfor %}");

        run(model, "/set parameter num_predict 2", "/set parameter num_ctx 48", "word ".repeat(8), "word ".repeat(8),
                "word ".repeat(8), "word ".repeat(8), "word ".repeat(8), "word ".repeat(100));

        assertThat(text(err).lines()).hasSize(1).first().asString().contains("longer than the context length of 48");
    }

    private void run(String... lines) {
        run(TestModels.stories260K(), lines);
    }

    private void run(Path model, String... lines) {
        Console console = new Console(new ByteArrayInputStream(new byte[0]),
                new PrintStream(out, false, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8),
                false, false, false);
        try (ChatSession session = new ChatSession(console, model.toString(),
                new GenerationParameters(), false, Optional.empty(), Optional.empty())) {
            new Repl(console, session, new Script(lines), false).run();
        }
        console.out().flush();
    }

    private static String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }

    private final class Script implements LineInput {
        private final Deque<String> lines;

        Script(String... lines) {
            this.lines = new ArrayDeque<>(Arrays.asList(lines));
        }

        @Override
        public Entry read(String prompt) {
            prompts.add(prompt);
            return lines.isEmpty() ? new Entry.End() : new Entry.Line(lines.removeFirst());
        }

        @Override
        public void close() {}
    }
}
