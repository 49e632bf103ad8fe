package io.github.jnpu.convert.tensor;

import java.util.Arrays;
import java.util.Optional;

/**
 * The tensor types of ggml, with the numbers that GGUF files store.
 *
 * <p>A quantised type packs {@link #blockSize()} consecutive values of a row into {@link #bytesPerBlock()} bytes.
 * Numbers, names and sizes are those of {@code enum ggml_type} and the block structures in ggml's {@code ggml-common.h}.
 * Numbers 4, 5 (Q4_2, Q4_3), 31 to 33 and 36 to 38 (repacked layouts) were withdrawn from the format and are not listed.
 */
public enum TensorType {
    F32(0, 1, 4),
    F16(1, 1, 2),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q5_0(6, 32, 22),
    Q5_1(7, 32, 24),
    Q8_0(8, 32, 34),
    Q8_1(9, 32, 36),
    Q2_K(10, 256, 84),
    Q3_K(11, 256, 110),
    Q4_K(12, 256, 144),
    Q5_K(13, 256, 176),
    Q6_K(14, 256, 210),
    Q8_K(15, 256, 292),
    IQ2_XXS(16, 256, 66),
    IQ2_XS(17, 256, 74),
    IQ3_XXS(18, 256, 98),
    IQ1_S(19, 256, 50),
    IQ4_NL(20, 32, 18),
    IQ3_S(21, 256, 110),
    IQ2_S(22, 256, 82),
    IQ4_XS(23, 256, 136),
    I8(24, 1, 1),
    I16(25, 1, 2),
    I32(26, 1, 4),
    I64(27, 1, 8),
    F64(28, 1, 8),
    IQ1_M(29, 256, 56),
    BF16(30, 1, 2),
    TQ1_0(34, 256, 54),
    TQ2_0(35, 256, 66),
    MXFP4(39, 32, 17),
    NVFP4(40, 64, 36),
    Q1_0(41, 128, 18),
    Q2_0(42, 64, 18);

    private static final TensorType[] BY_ID = new TensorType[43];

    static {
        for (TensorType type : values()) {
            BY_ID[type.id] = type;
        }
    }

    private final int id;
    private final int blockSize;
    private final int bytesPerBlock;

    TensorType(int id, int blockSize, int bytesPerBlock) {
        this.id = id;
        this.blockSize = blockSize;
        this.bytesPerBlock = bytesPerBlock;
    }

    /** The number that stands for this type in a GGUF file. */
    public int id() {
        return id;
    }

    /** How many values one block holds; 1 for types that are not quantised. */
    public int blockSize() {
        return blockSize;
    }

    public int bytesPerBlock() {
        return bytesPerBlock;
    }

    /** Whether values are packed in blocks of more than one. */
    public boolean isQuantized() {
        return blockSize > 1;
    }

    /**
     * The size of {@code count} values in bytes.
     *
     * @param count
     *            a non-negative multiple of {@link #blockSize()}
     * @throws IllegalArgumentException
     *             if {@code count} is negative or not a multiple of the block size
     * @throws ArithmeticException
     *             if the size does not fit a {@code long}
     */
    public long byteSize(long count) {
        if (count < 0 || count % blockSize != 0) {
            throw new IllegalArgumentException(
                    "%d values do not fill whole %s blocks of %d".formatted(count, this, blockSize));
        }
        return Math.multiplyExact(count / blockSize, (long) bytesPerBlock);
    }

    /** The type with this GGUF number, if there is one. */
    public static Optional<TensorType> ofId(int id) {
        return id >= 0 && id < BY_ID.length ? Optional.ofNullable(BY_ID[id]) : Optional.empty();
    }

    /** The type of this name in any case ({@code q4_0}, {@code Q4_0}), if there is one. */
    public static Optional<TensorType> ofName(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equalsIgnoreCase(name)).findFirst();
    }
}
