package io.github.jnpu.samples.rag;

import dev.langchain4j.data.document.Document;
import dev.langchain4j.data.segment.TextSegment;
import org.junit.jupiter.api.Test;

import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class PassageSplitterTest {
    private static List<TextSegment> split(String text) {
        return new PassageSplitter().split(Document.from(text));
    }

    private static List<String> headings(String text) {
        return split(text).stream().map(passage -> passage.metadata().getString(PassageSplitter.HEADING)).toList();
    }

    @Test
    void passagesEndAtHeadingsAndKnowThem() {
        String text = "Before.\n# One\nfirst\n## Two ##\nsecond\n### Three\nthird\n## Four\nfourth\n#five\n";
        assertThat(split(text)).extracting(TextSegment::text).containsExactly("Before.", "first", "second", "third",
                "fourth\n#five");
        assertThat(headings(text)).containsExactly("", "One", "One / Two", "One / Two / Three", "One / Four");
    }

    @Test
    void linesOfCodeAreNoHeadings() {
        assertThat(headings("# Shell\n```\n# a comment\n```\n# Next\ntext")).containsExactly("Shell", "Next");
    }

    @Test
    void longSectionsAreCutBetweenSentences() {
        String sentence = "This sentence has some fifty letters and a few more. ";
        assertThat(split("# Long\n" + sentence.repeat(20))).hasSizeGreaterThan(3).allSatisfy(passage -> {
            assertThat(passage.text()).hasSizeLessThanOrEqualTo(PassageSplitter.MAX_CHARACTERS).startsWith("This")
                    .endsWith("more.");
        });
    }
}
