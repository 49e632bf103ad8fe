package io.github.jnpu.samples.rag;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A question with a known answer.
 *
 * @param document
 *            the file that answers it, by its path in the folder
 * @param sentence
 *            what that file says to it, word for word
 */
record Question(String text, String document, String sentence) {
    /**
     * Reads a table: a line of headings, then one question a line, its three columns separated by tabs.
     *
     * @throws IOException
     *             in one line, if it is no such table
     */
    static List<Question> read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        if (lines.size() < 2) {
            throw new IOException("%s has no questions".formatted(file));
        }
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).split("\t", -1).length != 3) {
                throw new IOException("%s, line %d: expected question, document and sentence with tabs between them"
                        .formatted(file, i + 1));
            }
        }
        return lines.stream().skip(1).map(line -> line.split("\t", -1)).map(columns -> new Question(columns[0],
                columns[1], columns[2])).toList();
    }
}
