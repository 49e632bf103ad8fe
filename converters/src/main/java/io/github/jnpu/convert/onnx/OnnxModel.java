package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.model.ModelTensor;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A decoder as ONNX Runtime takes it: a graph of some ten kilobytes, and the constants that belong to it.
 *
 * <p>The constants stand in the graph with their shapes and a place in a file {@link #PLACEHOLDER_FILE} that nobody reads, because
 * a session is given each of them under its name. Names are those of ONNX Runtime GenAI's decoders. T is the number of tokens in a
 * run, S the number of positions for which the KV cache has room:
 * <ul>
 * <li>{@code input_ids}, int64 [1, T], or {@code inputs_embeds}, float [1, T, width], where {@link #outsideTable} is present;
 * <li>{@code seqlens_k}, int32 [1]: how many tokens there are with those of this run, less one;
 * <li>{@code total_sequence_length}, int32 scalar: how many there are with those of this run;
 * <li>{@code position_ids}, int64 [1], only where {@link #takesPosition}: the position of the run's first token;
 * <li>{@code logits_start}, int64 [1]: from which of the run's tokens on logits are computed, 0 to T - 1;
 * <li>{@code past_key_values.N.key}, {@code .value}: float [1, key-value heads, S, head width], layer N's cache;
 * <li>out of it {@code logits}, float [1, T - logits_start, vocabulary], and {@code present.N.key}, {@code .value}, shaped as the past.
 * They may be the same memory.
 * </ul>
 *
 * @param proto
 *            the graph, a serialized {@code ModelProto}; not copied, not to be changed
 * @param initializers
 *            all constants, in the order in which the graph reads them
 * @param outsideTable
 *            the embedding table, where the caller has to look tokens up
 * @param takesPosition
 *            whether the position of the first token is an input
 * @param positions
 *            for how many positions there are angles: a text cannot be longer
 * @param widened
 *            names of weights that are floats now, four bytes each, and were something else in the file
 */
public record OnnxModel(byte[] proto, List<Initializer> initializers, Optional<ModelTensor> outsideTable,
        boolean takesPosition, int positions, Set<String> widened) {
    /** The file that the graph names as the place of all constants: it must exist, and may be empty. */
    public static final String PLACEHOLDER_FILE = "ph.bin";

    public static final String INPUT_IDS = "input_ids";
    public static final String INPUTS_EMBEDS = "inputs_embeds";
    public static final String SEQUENCE_LENGTHS = "seqlens_k";
    public static final String TOTAL_LENGTH = "total_sequence_length";
    public static final String POSITION = "position_ids";
    public static final String LOGITS_START = "logits_start";
    public static final String LOGITS = "logits";

    public OnnxModel {
        initializers = List.copyOf(initializers);
        widened = Set.copyOf(widened);
    }

    public static String pastKey(int layer) {
        return "past_key_values.%d.key".formatted(layer);
    }

    public static String pastValue(int layer) {
        return "past_key_values.%d.value".formatted(layer);
    }

    public static String presentKey(int layer) {
        return "present.%d.key".formatted(layer);
    }

    public static String presentValue(int layer) {
        return "present.%d.value".formatted(layer);
    }

    /** The size of all constants in bytes, before a runtime lays any of them out anew. */
    public long initializerBytes() {
        return initializers.stream().mapToLong(Initializer::byteSize).sum();
    }
}
