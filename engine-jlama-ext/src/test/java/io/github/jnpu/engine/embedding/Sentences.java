package io.github.jnpu.engine.embedding;

import io.github.jnpu.convert.TestModels;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;

/** Sentences of a book, of a few to a hundred words. */
final class Sentences {
    private Sentences() {}

    static List<String> of(int count) {
        try {
            return Arrays.stream(Files.readString(TestModels.require("corpus/botchan.txt")).split("(?<=[.!?])\\s+"))
                    .map(sentence -> sentence.replaceAll("\\s+", " ").strip())
                    .filter(sentence -> sentence.length() > 12 && sentence.length() < 400).skip(40).limit(count)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
