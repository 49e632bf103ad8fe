package io.github.jnpu.engine.chat;

import io.github.jnpu.engine.chat.AnswerSyntax.ThinkingTags;
import io.github.jnpu.engine.chat.ThinkingSplitter.Piece;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class ThinkingSplitterTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "<think>hm</think>yes                | ``           | hm        | yes",
            "` \n<think>\nhm\n</think>\n\nyes\n` | ``           | `hm\n`    | `yes\n`",
            "`hm</think> yes`                    | `a<think>\n` | hm        | yes",
            "just yes                            | ``           | ``        | just yes",
            "<thin air                           | ``           | ``        | <thin air",
            "<think>cut off </thi                | ``           | `cut off </thi` | ``",
            "<think>a < b </b> c</think>d        | ``           | a < b </b> c | d",
            "yes <think>no</think>               | ``           | ``        | yes <think>no</think>",
            "<thi                                | ``           | ``        | <thi"})
    void separates(String text, String prompt, String thinking, String content) {
        // Cut in every way that a tokenizer could.
        for (int size = 1; size <= text.length(); size++) {
            ThinkingSplitter splitter = new ThinkingSplitter(new ThinkingTags("<think>", "</think>"), prompt);
            StringBuilder thoughts = new StringBuilder();
            StringBuilder said = new StringBuilder();
            for (int from = 0; from < text.length(); from += size) {
                collect(splitter.accept(text.substring(from, Math.min(text.length(), from + size))), thoughts, said);
            }
            collect(splitter.finish(), thoughts, said);
            assertThat(thoughts).as("thinking in pieces of %d", size).hasToString(thinking);
            assertThat(said).as("content in pieces of %d", size).hasToString(content);
        }
    }

    private static void collect(Piece piece, StringBuilder thoughts, StringBuilder said) {
        thoughts.append(piece.thinking());
        said.append(piece.content());
    }
}
