package io.github.jnpu.samples.chat;

import dev.langchain4j.exception.ModelNotFoundException;
import io.github.jnpu.convert.TestModels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(120)
class ChatTest {

    private static String chat(String model, String typed) throws IOException {
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(shown, true, StandardCharsets.UTF_8)) {
            Chat.chat(model, new BufferedReader(new StringReader(typed)), out);
        }
        return shown.toString(StandardCharsets.UTF_8);
    }

    @Test
    void answersEachQuestionAndEndsWithAnEmptyLine() throws IOException {
        Path model = TestModels.stories260K();
        String[] turns = chat(model.toString(), "Once upon a time\nThe dog\n\nnot read\n").split("> ", -1);
        assertThat(turns[0]).contains(model.toString());
        assertThat(turns).hasSize(4);
        assertThat(turns[1]).hasSizeGreaterThan(10).containsPattern("[a-z]{3} [a-z]{2}");
        assertThat(turns[3]).isEmpty();
    }

    @Test
    void aQuestionThatDoesNotFitStartsTheConversationAgain() throws IOException {
        String shown = chat(TestModels.stories260K().toString(), "a dog ".repeat(2000) + "\nThe dog\n");
        assertThat(shown).contains("longer than the context length").contains("start again");
        assertThat(shown.substring(shown.indexOf("start again")).strip()).hasSizeGreaterThan(30);
    }

    @Test
    void aMissingModelIsNamed() {
        assertThatThrownBy(() -> chat("no-such-model", "\n")).isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("no-such-model");
    }
}
