package io.github.jnpu.samples.rag;

import com.github.tjake.jlama.model.functions.Generator;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import dev.langchain4j.model.jlama.JlamaEmbeddingModel;
import io.github.jnpu.langchain4j.NpuEmbeddingModel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * An embedding model by what a user types: a name or path that {@link NpuEmbeddingModel} knows, {@code langchain4j} for LangChain4j's own
 * class of all-MiniLM, or {@code jlama=DIR} for langchain4j-jlama and a folder of {@code ~/.jlama/models}.
 */
record EmbeddingChoice(String name, EmbeddingModel model) implements AutoCloseable {
    private static final String JLAMA = "jlama=";

    static EmbeddingChoice of(String text) throws IOException {
        if (text.equals("langchain4j")) {
            return new EmbeddingChoice("all-MiniLM-L6-v2, 8 bits, LangChain4j's class",
                    new AllMiniLmL6V2QuantizedEmbeddingModel());
        }
        if (text.startsWith(JLAMA)) {
            Path folder = jlamaFolder(text);
            String[] name = folder.getFileName().toString().split("_", 2);
            // all-MiniLM takes the mean of its tokens; by itself jlama takes the first.
            return new EmbeddingChoice(name[1] + ", langchain4j-jlama", JlamaEmbeddingModel.builder().modelCachePath(
                    folder.getParent()).modelName(name[0] + "/" + name[1]).poolingType(Generator.PoolingType.AVG)
                    .build());
        }
        return new EmbeddingChoice(text + ", jnpu", NpuEmbeddingModel.builder().modelName(text).build());
    }

    /**
     * Looks whether a choice can be had, as far as that is cheap.
     *
     * @throws IOException
     *             in one line, if not
     */
    static void check(String text) throws IOException {
        if (text.startsWith(JLAMA)) {
            jlamaFolder(text);
        }
    }

    /** jlama downloads a model if its folder is not named and marked as jlama does that; nothing is downloaded here. */
    private static Path jlamaFolder(String text) throws IOException {
        Path folder = Path.of(text.substring(JLAMA.length())).toAbsolutePath().normalize();
        if (folder.getFileName() == null || !folder.getFileName().toString().contains("_")) {
            throw new IOException("jlama: %s is not named OWNER_MODEL, as jlama names its folders".formatted(folder));
        }
        for (String file : List.of("config.json", "tokenizer.json", "model.safetensors", ".finished")) {
            if (!Files.exists(folder.resolve(file))) {
                throw new IOException("jlama: %s has no %s".formatted(folder, file));
            }
        }
        return folder;
    }

    @Override
    public void close() {
        if (model instanceof NpuEmbeddingModel own) {
            own.close();
        }
    }
}
