package io.github.jnpu.server.create;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.quantize.QuantizedModel;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.store.BlobStore;
import io.github.jnpu.engine.store.Digest;
import io.github.jnpu.engine.store.TransferListener;
import io.github.jnpu.engine.store.TransferProgress;
import io.github.jnpu.server.model.ModelHeader;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;

/** A type that weights can be turned into while a model is made, under Ollama's name. */
record QuantizationTarget(String label, FileType type) {
    /** Ollama's digest for what has none yet. */
    private static final String NO_DIGEST = "0000000000000000000";
    private static final Set<String> SOURCES = Set.of("F16", "BF16", "F32");
    /** Where llama.cpp's names and ours differ: K alone is the middle mixture. */
    private static final Map<String, FileType> MIXTURES = Map.of("Q3_K_S", FileType.Q3_K, "Q4_K_S", FileType.Q4_K,
            "Q4_K", FileType.Q4_K_M, "Q5_K_S", FileType.Q5_K, "Q5_K", FileType.Q5_K_M);

    /**
     * Finds one by its name in any case.
     *
     * @throws EngineException
     *             that lists the names, if there is none
     */
    static QuantizationTarget of(String name) {
        String upper = name.strip().toUpperCase(Locale.ROOT);
        FileType type = Optional.ofNullable(MIXTURES.get(upper)).or(() -> FileType.ofName(upper))
                .orElseThrow(() -> new EngineException("unsupported quantization type %s - supported types are %s"
                        .formatted(name.strip(), names())));
        return new QuantizationTarget(label(type), type);
    }

    private static String label(FileType type) {
        return MIXTURES.entrySet().stream().filter(entry -> entry.getValue() == type && entry.getKey().endsWith("_S"))
                .map(Map.Entry::getKey).findFirst().orElse(type.name());
    }

    private static String names() {
        return Arrays.stream(FileType.values()).map(QuantizationTarget::label).collect(Collectors.joining(", "));
    }

    /**
     * Writes a model in this type into the store.
     *
     * @throws EngineException
     *             if it is quantised already
     */
    Digest quantize(ModelSource source, BlobStore blobs, TransferListener listener) throws IOException {
        String from = ModelHeader.of(source).quantization();
        if (!SOURCES.contains(from)) {
            throw new EngineException("quantization is only supported for F16, BF16 and F32 models");
        }
        String status = "quantizing %s model to %s".formatted(from, label);
        long total = source.byteSize();
        Path file = blobs.temporary();
        try {
            new QuantizedModel(source, type).write(file, share -> {
                requireWanted(listener);
                listener.onProgress(new TransferProgress(status, Optional.of(NO_DIGEST), total, (long) (share
                        * total)));
            });
            listener.onProgress(new TransferProgress(status, Optional.of(NO_DIGEST), total, total));
            return blobs.adopt(file, _ -> requireWanted(listener));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static void requireWanted(TransferListener listener) {
        if (listener.isCancelled()) {
            throw new CancellationException("request canceled");
        }
    }
}
