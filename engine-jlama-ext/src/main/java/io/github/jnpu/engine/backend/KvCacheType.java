package io.github.jnpu.engine.backend;

/** The number format of the KV cache. */
public enum KvCacheType {
    /** Exact; twice the memory. */
    F32(4),
    /** The default, as in llama.cpp and Ollama. */
    F16(2),
    /** F32's range with 8 bits of precision. */
    BF16(2);

    private final int bytes;

    KvCacheType(int bytes) {
        this.bytes = bytes;
    }

    /** The size of one feature. */
    public int bytes() {
        return bytes;
    }
}
