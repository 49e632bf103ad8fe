package io.github.jnpu.server.cli;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.StoredModel;
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

    @TempDir
    Path store;

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

    @Test
    void answersAreHeldToAFormat() {
        run("/set parameter temperature 0", "/set parameter num_predict 40", "/set format {\"enum\":[\"yes\",\"no\"]}",
                "Is it?", "/set format {\"type\":\"frob\"}", "/set noformat", "/set format");

        assertThat(text(out)).containsPattern("\n\"(yes|no)\"\n").contains("Answers are held to the schema.",
                "Answers are free.", "Answers are held to json.");
        assertThat(text(err).lines()).hasSize(1).first().asString().startsWith("Error: ").contains("frob");
    }

    @Test
    void thoughtsAreToldApart(@TempDir Path folder) throws IOException {
        Path model = TemplatedModel.write(folder.resolve("thinker.gguf"),
                "{{ messages[-1].content }}<think>{% if false %}</think>{% endif %}");

        run(model, "/set parameter temperature 0", "/set parameter num_predict 5", "Once upon a time", "/set nothink",
                "/set think deeply");

        assertThat(text(out)).containsPattern("Thinking\\.\\.\\.\n.+\n\\.\\.\\.done thinking\\.\n");
        assertThat(text(err)).isEqualTo("Error: thinking is true, false, low, medium, high or max, not 'deeply'\n");
    }

    @Test
    void aModelThatCannotThinkIsNotAskedTo() {
        run("/set think", "/set nothink");

        assertThat(text(err)).contains("does not support thinking").hasLineCount(1);
    }

    @Test
    void anotherModelTakesOver(@TempDir Path folder) throws IOException {
        Path other = TemplatedModel.write(folder.resolve("other.gguf"), "{{ messages[-1].content }}");

        run("/load " + folder.resolve("gone.gguf"), "/set parameter num_predict 1", "One", "/load " + other,
                "/set system Be brief.", "/show template", "/show parameters", "/load", "/set nohistory",
                "/set nowordwrap", "/show license", "/show modelfile");

        assertThat(text(err).lines()).hasSize(2).first().asString().contains("there is no such file");
        assertThat(text(err)).contains("not found in the store");
        assertThat(text(out))
                .contains("Now talking with " + other, "{{ messages[-1].content }}\n", "Usage: /load MODEL",
                        "Lines are no longer remembered.", "No licence is given.")
                .containsPattern("num_predict +1\n");
    }

    @Test
    void aConversationIsKeptAsAModel(@TempDir Path folder) throws IOException {
        Path model = TemplatedModel.write(folder.resolve("chat.gguf"), "{{ messages[-1].content }}");

        run(model, "/set parameter temperature 0", "/set parameter num_predict 3", "/set system Be brief.",
                "Once upon a time", "/save mine", "/save a b", "/save ../x");

        assertThat(text(out)).contains("Created new model 'mine'.", "Usage: /save NAME");
        assertThat(text(err)).isEqualTo("Error: invalid model name '../x'\n");
        StoredModel saved = new ModelStore(store).find(ModelName.parse("mine").orElseThrow()).orElseThrow();
        assertThat(saved.system()).contains("Be brief.");
        assertThat(saved.parameters()).containsOnlyKeys("temperature", "num_predict");
        assertThat(saved.messages()).extracting(ChatMessage::role).containsExactly("user", "assistant");
        assertThat(saved.messages().getFirst().content()).isEqualTo("Once upon a time");
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
            new Repl(console, session, new Script(lines), new ModelStore(store),
                    new RunCommand.Display(true, true, false)).run();
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
