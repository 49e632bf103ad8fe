package io.github.jnpu.convert;

import org.junit.jupiter.api.Assumptions;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the real models, vocabularies and templates that others made; they are not part of the repository. */
public final class TestModels {
    private TestModels() {}

    /** A file below the folder of test models; the test is skipped, saying so, where the folder is absent. */
    public static Path require(String relative) {
        Path folder = Path.of(System.getProperty("jnpu.test.models", "../shared/models")).toAbsolutePath().normalize();
        Assumptions.assumeTrue(Files.isDirectory(folder),
                () -> "needs the folder of test models at " + folder + " (set -Djnpu.test.models=DIR)");
        Path file = folder.resolve(relative);
        if (!Files.exists(file)) {
            throw new IllegalStateException(file + " is missing from the folder of test models");
        }
        return file;
    }

    /** The trained 260K-parameter llama with golden values. */
    public static Path stories260K() {
        return require("stories260K-gguf/tinyllm.gguf");
    }
}
