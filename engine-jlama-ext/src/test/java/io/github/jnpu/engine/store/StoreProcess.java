package io.github.jnpu.engine.store;

import io.github.jnpu.engine.ModelNotFoundException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Changes a store in a process of its own, for as long as it is let. */
final class StoreProcess {
    private StoreProcess() {}

    static Process start(String work, Path store) throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", System
                .getProperty("java.class.path"), StoreProcess.class.getName(), work, store.toString())
                .redirectErrorStream(true).start();
    }

    /** A model whose weights are a text. */
    static void install(ModelStore store, String name, String weights) throws IOException {
        byte[] bytes = weights.getBytes(StandardCharsets.UTF_8);
        Manifest manifest = new Manifest(Optional.empty(), List.of(Manifest.Layer.of("model", store.blobs().put(bytes),
                bytes.length)));
        store.writer().install(ModelName.parse(name).orElseThrow(), manifest.toJson());
    }

    public static void main(String[] arguments) throws IOException {
        ModelStore store = new ModelStore(Path.of(arguments[1]), false);
        System.out.println("ready");
        if (arguments[0].equals("blob")) {
            try (BlobWriter writer = store.blobs().begin()) {
                while (true) {
                    writer.write(ByteBuffer.allocate(1 << 16));
                    System.out.println("more");
                }
            }
        }
        for (int i = 0; i < (arguments[0].equals("some") ? 60 : Integer.MAX_VALUE); i++) {
            try {
                install(store, "other", "weights " + i);
                install(store, "shared", "the same");
                store.writer().delete(ModelName.parse("shared").orElseThrow());
            } catch (MissingBlobException e) {
                // The test deleted it between the two steps, and the store refused to have a hole.
                continue;
            } catch (ModelNotFoundException e) {
                continue;
            }
        }
    }
}
