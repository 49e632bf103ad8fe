package io.github.jnpu.server.cli;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.gguf.GgufWriter;

import java.io.IOException;
import java.nio.file.Path;

/** Gives the stories model, which has none, a chat template. */
final class TemplatedModel {
    private TemplatedModel() {}

    static Path write(Path file, String template) throws IOException {
        try (GgufFile stories = GgufFile.open(TestModels.stories260K())) {
            GgufWriter writer = new GgufWriter();
            stories.metadata().values().forEach((name, value) -> {
                if (!name.equals("general.alignment")) {
                    writer.put(name, value);
                }
            });
            writer.put("tokenizer.chat_template", template);
            stories.tensors()
                    .forEach(tensor -> writer.tensor(tensor.name(), tensor.type(), tensor.shape(), tensor.data()));
            writer.write(file);
        }
        return file;
    }
}
