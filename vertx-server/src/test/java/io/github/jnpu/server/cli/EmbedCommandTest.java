package io.github.jnpu.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.RandomEncoder;
import io.github.jnpu.convert.tensor.TensorType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class EmbedCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;
    static String model;

    @BeforeAll
    static void write() throws IOException {
        model = RandomEncoder.bert(TensorType.F32).write(folder.resolve("bert.gguf")).toString();
    }

    @Test
    void eachTextIsALine() throws IOException {
        CommandLineRun run = CommandLineRun.of("embed", model, "hello world", "cat");
        assertThat(run.code()).as(run.err()).isZero();
        List<String> lines = run.out().lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(JSON.readTree(lines.getFirst())).hasSize(RandomEncoder.WIDTH);
        assertThat(CommandLineRun.withInput("hello world\ncat\n", "embed", model).out()).isEqualTo(run.out());
        assertThat(CommandLineRun.of("embed", model, "--backend", "reference", "--dimensions", "3", "cat").out())
                .matches("\\[(-?[0-9.E-]+,){2}-?[0-9.E-]+]\n");
    }

    @Test
    void runEmbedsToo() {
        CommandLineRun run = CommandLineRun.of("run", model, "hello", "world");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).isEqualTo(CommandLineRun.of("embed", model, "hello world").out());
        CommandLineRun tooLong = CommandLineRun.of("run", model, "--num-ctx", "4", "--truncate=false", "the cat sat");
        assertThat(tooLong.err()).contains("5 tokens, more than the 4");
        assertThat(CommandLineRun.of("run", model, "--dimensions", "3", "cat").out().split(",")).hasSize(3);
    }

    @Test
    void jsonHasTheTokensToo() throws IOException {
        CommandLineRun run = CommandLineRun.of("embed", "--json", model, "hello world", "cat");
        JsonNode answer = JSON.readTree(run.out());
        assertThat(answer.path("model").asText()).isEqualTo(model);
        assertThat(answer.path("embeddings")).hasSize(2);
        assertThat(answer.path("prompt_eval_count").asInt()).isEqualTo(4 + 3);
    }

    @Test
    void whatIsWrongIsSaid() {
        CommandLineRun tooLong = CommandLineRun.of("embed", model, "--no-truncate", "--num-ctx", "4", "the cat sat");
        assertThat(tooLong.code()).isEqualTo(1);
        assertThat(tooLong.err()).contains("5 tokens, more than the 4");
        assertThat(CommandLineRun.of("embed", model).err()).contains("there is no text");
        assertThat(CommandLineRun.of("embed", "./nothing.gguf", "x").err()).contains("no such file");
        assertThat(CommandLineRun.of("embed", model, "--backend", "abacus", "x").err()).contains("abacus");
    }
}
