package io.github.jnpu.server.api;

import io.github.jnpu.server.api.ThinkingSplitter.Piece;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class ThinkingSplitterTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "<think>hm</think>yes                | true  | ``           | hm        | yes",
            "` \n<think>\nhm\n</think>\n\nyes\n` | true  | ``           | `hm\n`    | `yes\n`",
            "`hm</think> yes`                    | true  | `a<think>\n` | hm        | yes",
            "just yes                            | true  | ``           | ``        | just yes",
            "<thin air                           | true  | ``           | ``        | <thin air",
            "<think>cut off </thi                | true  | ``           | `cut off </thi` | ``",
            "<think>a < b </b> c</think>d        | true  | ``           | a < b </b> c | d",
            "yes <think>no</think>               | true  | ``           | ``        | yes <think>no</think>",
            "<think>hm</think>yes                | false | ``           | ``        | <think>hm</think>yes",
            "<thi                                | true  | ``           | ``        | <thi"})
    void separates(String text, boolean separate, String prompt, String thinking, String content) {
        // Cut in every way that a tokenizer could.
        for (int size = 1; size <= text.length(); size++) {
            ThinkingSplitter splitter = new ThinkingSplitter(separate, prompt);
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
