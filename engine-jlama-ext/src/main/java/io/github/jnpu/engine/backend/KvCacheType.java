package io.github.jnpu.engine.backend;

import io.github.jnpu.convert.model.ModelConfig;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The number format of the KV cache. */
public enum KvCacheType {
    /** Exact; twice the memory. */
    F32(1, 4),
    /** The default, as in llama.cpp and Ollama. */
    F16(1, 2),
    /** F32's range with 8 bits of precision. */
    BF16(1, 2),
    /** Blocks of 32 features of a head with one F16 scale: half of F16's memory. Widths of heads must be multiples of 32. */
    Q8_0(32, 34);

    private final int blockLength;
    private final int blockBytes;

    KvCacheType(int blockLength, int blockBytes) {
        this.blockLength = blockLength;
        this.blockBytes = blockBytes;
    }

    /** How many features share a scale; 1 where there is none. */
    public int blockLength() {
        return blockLength;
    }

    /**
     * The memory that features take.
     *
     * @param features
     *            whole blocks
     */
    public long byteSize(long features) {
        return features / blockLength * blockBytes;
    }

    /** What one token takes in the cache, all layers together, in bytes. */
    public long bytesPerToken(ModelConfig config) {
        return config.layers() * config.keyValueHeads()
                * (byteSize(config.keyLength()) + byteSize(config.valueLength()));
    }

    /** The name that options use: Ollama's and llama.cpp's, such as {@code q8_0}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The type of this label in any case. */
    public static Optional<KvCacheType> ofLabel(String label) {
        return Arrays.stream(values()).filter(type -> type.name().equalsIgnoreCase(label)).findFirst();
    }

    /** All labels for a message: {@code f32, f16, ...}. */
    public static String labels() {
        return Arrays.stream(values()).map(KvCacheType::label).collect(Collectors.joining(", "));
    }
}
