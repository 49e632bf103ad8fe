package io.github.jnpu.convert.random;

import io.github.jnpu.convert.tensor.TensorType;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which tensor type each weight of a file has; the names, numbers and mixtures are those of llama.cpp's quantiser
 * ({@code enum llama_ftype}): the output matrix is Q6_K in all quantised files but Q8_0, and the M mixtures give the
 * value and down projections of half of the layers more bits. Norms and biases are always F32.
 */
public enum FileType {
    F32(0, TensorType.F32, TensorType.F32),
    F16(1, TensorType.F16, TensorType.F16),
    Q4_0(2, TensorType.Q4_0, TensorType.Q4_0),
    Q4_1(3, TensorType.Q4_1, TensorType.Q4_1),
    Q8_0(7, TensorType.Q8_0, TensorType.Q8_0),
    Q5_0(8, TensorType.Q5_0, TensorType.Q5_0),
    Q5_1(9, TensorType.Q5_1, TensorType.Q5_1),
    Q2_K(10, TensorType.Q2_K, TensorType.Q2_K),
    Q3_K(11, TensorType.Q3_K, TensorType.Q3_K),
    Q4_K(14, TensorType.Q4_K, TensorType.Q4_K),
    Q4_K_M(15, TensorType.Q4_K, TensorType.Q6_K),
    Q5_K(16, TensorType.Q5_K, TensorType.Q5_K),
    Q5_K_M(17, TensorType.Q5_K, TensorType.Q6_K),
    Q6_K(18, TensorType.Q6_K, TensorType.Q6_K),
    IQ4_NL(25, TensorType.IQ4_NL, TensorType.IQ4_NL),
    BF16(32, TensorType.BF16, TensorType.BF16),
    MXFP4(38, TensorType.MXFP4, TensorType.MXFP4);

    private final int id;
    private final TensorType base;
    private final TensorType raised;

    FileType(int id, TensorType base, TensorType raised) {
        this.id = id;
        this.base = base;
        this.raised = raised;
    }

    /** The value of {@code general.file_type}. */
    public int id() {
        return id;
    }

    /** The type of most weights. */
    public TensorType base() {
        return base;
    }

    /** The type of the matrix that makes logits, which may be the embedding table too. */
    public TensorType output(int columns) {
        if (!base.isQuantized() || base == TensorType.Q8_0) {
            return base;
        }
        return columns % TensorType.Q6_K.blockSize() == 0 ? TensorType.Q6_K : TensorType.Q8_0;
    }

    /** The type of the value and down projections of a layer. */
    public TensorType valueOrDown(int layer, int layers) {
        int eighth = layers / 8;
        boolean moreBits = layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
        return moreBits ? raised : base;
    }

    /** The file type of this name in any case ({@code q4_k_m}). */
    public static Optional<FileType> ofName(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equalsIgnoreCase(name)).findFirst();
    }

    /** All names for a message, in small letters. */
    public static String names() {
        return Arrays.stream(values()).map(type -> type.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
    }
}
