package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.model.ModelTensor;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An encoder as ONNX Runtime takes it: a small graph, and the constants that belong to it, placed as in {@link OnnxModel}. B is the number of texts in a
 * run, T the number of tokens of the longest:
 * <ul>
 * <li>{@code input_ids}, int64 [B, T], or {@code inputs_embeds}, float [B, T, width], where {@link #outsideTable} is present;
 * <li>{@code attention_bias}, float [B, 1, 1, T]: 0 for a token, and a very small number for what only fills a text up;
 * <li>{@code position_ids}, int64 [T]: 0, 1, ..., only where {@link #takesPositions};
 * <li>out of it {@code last_hidden_state}, float [B, T, width].
 * </ul>
 *
 * @param proto
 *            the graph, a serialized {@code ModelProto}; not copied, not to be changed
 * @param initializers
 *            all constants, in the order in which the graph reads them
 * @param outsideTable
 *            the embedding table, where the caller has to look tokens up
 * @param takesPositions
 *            whether positions are an input
 * @param widened
 *            names of weights that are floats now, four bytes each, and were something else in the file
 */
public record EncoderModel(byte[] proto, List<Initializer> initializers, Optional<ModelTensor> outsideTable,
        boolean takesPositions, Set<String> widened) {
    public static final String INPUT_IDS = "input_ids";
    public static final String INPUTS_EMBEDS = "inputs_embeds";
    public static final String ATTENTION_BIAS = "attention_bias";
    public static final String POSITION_IDS = "position_ids";
    public static final String LAST_HIDDEN_STATE = "last_hidden_state";

    public EncoderModel {
        initializers = List.copyOf(initializers);
        widened = Set.copyOf(widened);
    }
}
