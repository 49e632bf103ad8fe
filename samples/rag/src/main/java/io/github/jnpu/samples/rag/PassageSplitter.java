package io.github.jnpu.samples.rag;

import dev.langchain4j.data.document.Document;
import dev.langchain4j.data.document.DocumentSplitter;
import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.document.splitter.DocumentSplitters;
import dev.langchain4j.data.segment.TextSegment;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts Markdown and plain text into passages: at headings first, then, by LangChain4j's own splitter, between paragraphs or
 * sentences. No passage reaches over a heading, and each knows the headings that it stands below.
 */
final class PassageSplitter implements DocumentSplitter {
    static final String HEADING = "heading";
    /** Three of these, the question and an answer fit into the smallest model's context. */
    static final int MAX_CHARACTERS = 320;

    private static final Pattern HEADING_LINE = Pattern.compile("(#{1,6})\\s+(.+?)\\s*#*");
    private static final Pattern FENCE = Pattern.compile("\\s{0,3}(```|~~~).*");

    private final DocumentSplitter within = DocumentSplitters.recursive(MAX_CHARACTERS, 0);

    @Override
    public List<TextSegment> split(Document document) {
        List<TextSegment> passages = new ArrayList<>();
        List<String> headings = new ArrayList<>();
        StringBuilder section = new StringBuilder();
        boolean fenced = false;
        for (String line : document.text().lines().toList()) {
            Matcher heading = HEADING_LINE.matcher(line);
            fenced ^= FENCE.matcher(line).matches();
            if (fenced || !heading.matches()) {
                section.append(line).append('\n');
                continue;
            }
            flush(section, headings, document.metadata(), passages);
            while (headings.size() >= heading.group(1).length()) {
                headings.removeLast();
            }
            headings.add(heading.group(2));
        }
        flush(section, headings, document.metadata(), passages);
        return passages;
    }

    private void flush(StringBuilder section, List<String> headings, Metadata metadata, List<TextSegment> passages) {
        String text = section.toString().strip();
        section.setLength(0);
        if (!text.isEmpty()) {
            Metadata own = metadata.copy().put(HEADING, String.join(" / ", headings));
            passages.addAll(within.split(Document.from(text, own)));
        }
    }
}
