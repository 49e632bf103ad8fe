package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.graph.RopeFrequencies;
import io.github.jnpu.convert.model.ModelTensor;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A decoder, or a part of one, as ONNX Runtime takes it: a graph of some ten kilobytes, and the constants that belong to it.
 *
 * <p>The constants stand in the graph with their shapes and a place in a file {@link #DATA_FILE}, one behind the other in their
 * order. {@link OnnxFolder} writes that file; or a session is given each of them under its name. What goes in and out is in
 * {@link #inputs} and {@link #outputs}, only what the graph needs. T is the number of tokens in a run, S the number of
 * positions for which the KV cache has room, both whatever a run brings unless {@link OnnxOptions#shape} says them. In both dialects:
 * <ul>
 * <li>{@code input_ids}, int64 [1, T], or {@code inputs_embeds}, float [1, T, width], where {@link #outsideTable} is present, or
 * {@code hidden_states}, float [1, T, width], where an earlier part of the network ran before;
 * <li>out of it {@code logits}, float [1, rows, vocabulary], or {@code hidden_states_out}, float [1, T, width], where a later part goes on.
 * </ul>
 *
 * <p>{@link OnnxOptions.Dialect#MICROSOFT} has the names of ONNX Runtime GenAI's decoders:
 * <ul>
 * <li>{@code seqlens_k}, int32 [1]: how many tokens there are with those of this run, less one;
 * <li>{@code total_sequence_length}, int32 scalar: how many there are with those of this run;
 * <li>{@code position_ids}, int64 [1], only where heads are turned outside of attention: the position of the run's first token;
 * <li>{@code logits_start}, int64 [1]: from which of the run's tokens on logits are computed, 0 to T - 1;
 * <li>{@code past_key_values.N.key}, {@code .value}: float [1, key-value heads, S, head width], layer N's cache;
 * <li>out of it {@code present.N.key}, {@code .value}, shaped as the past. They may be the same memory.
 * </ul>
 *
 * <p>{@link OnnxOptions.Dialect#STANDARD}, where nothing changes in place and nothing is counted inside, so that all sizes can be fixed:
 * <ul>
 * <li>{@code rope_cos.N}, {@code rope_sin.N}, float [T, pairs]: {@link RopeFrequencies#cosine} and {@code sine} of each token's position for
 * the N-th of {@link #frequencies}; a row of zeros, or any other, for a token that nobody needs;
 * <li>{@code attention_mask}, float [1, 1, T, S + T], added to the scores of S cached positions and T new ones: 0 where a token
 * sees a position, some -10,000 where it does not, as for places of the cache that are empty and new tokens after its own;
 * <li>{@code logits_rows}, float [1, rows, T]: a 1 in each row for the token of this run whose logits it is to have, and zeros; one row
 * where shapes are fixed;
 * <li>{@code past_key_values.N.key}, {@code .value}: float [1, key-value heads, S, head width]; all numbers in it must be finite, even unseen ones;
 * <li>out of it {@code present.N.key}, {@code .value}, float [1, key-value heads, T, head width]: the new tokens' only. The caller
 * puts them into its cache, where it likes: only the mask knows which place is whose.
 * </ul>
 * A run with fewer tokens than a fixed T is filled up with anything finite behind them; what comes out for those is left unused.
 *
 * @param proto
 *            the graph, a serialized {@code ModelProto}; not copied, not to be changed
 * @param initializers
 *            all constants, in the order in which the graph reads them. Graphs that differ in their shapes only have the same
 * @param outsideTable
 *            the embedding table, where the caller has to look tokens up
 * @param inputs
 *            names of all inputs
 * @param outputs
 *            names of all outputs
 * @param frequencies
 *            whose cosines and sines go in; none where they are tables in the graph
 * @param positions
 *            a text cannot be longer: there are no angles or no places in the cache for more
 * @param widened
 *            names of weights that are floats now, four bytes each, and were something else in the file
 */
public record OnnxModel(byte[] proto, List<Initializer> initializers, Optional<ModelTensor> outsideTable,
        Set<String> inputs, Set<String> outputs, List<RopeFrequencies> frequencies, int positions,
        Set<String> widened) {
    /** The file that the graph names as the place of all constants, in its own folder: it must exist, and may be empty if a session is given all of them. */
    public static final String DATA_FILE = "model.onnx.data";

    /** What the names of blocks' factors end in. */
    public static final String SCALES = ".scales";

    public static final String INPUT_IDS = "input_ids";
    public static final String INPUTS_EMBEDS = "inputs_embeds";
    public static final String HIDDEN_STATES = "hidden_states";
    public static final String SEQUENCE_LENGTHS = "seqlens_k";
    public static final String TOTAL_LENGTH = "total_sequence_length";
    public static final String POSITION = "position_ids";
    public static final String ATTENTION_MASK = "attention_mask";
    public static final String LOGITS_START = "logits_start";
    public static final String LOGITS_ROWS = "logits_rows";
    public static final String LOGITS = "logits";
    public static final String HIDDEN_STATES_OUT = "hidden_states_out";

    public OnnxModel {
        initializers = List.copyOf(initializers);
        inputs = Set.copyOf(inputs);
        outputs = Set.copyOf(outputs);
        frequencies = List.copyOf(frequencies);
        widened = Set.copyOf(widened);
    }

    /** Whether the position is an input. */
    public boolean takesPosition() {
        return inputs.contains(POSITION);
    }

    /** Whether an earlier part's residual stream goes in, in place of tokens. */
    public boolean takesStream() {
        return inputs.contains(HIDDEN_STATES);
    }

    /** Whether the residual stream comes out, in place of logits. */
    public boolean givesStream() {
        return outputs.contains(HIDDEN_STATES_OUT);
    }

    /** The cosines of the frequencies of a number. */
    public static String cosines(int number) {
        return "rope_cos.%d".formatted(number);
    }

    /** The sines of the frequencies of a number. */
    public static String sines(int number) {
        return "rope_sin.%d".formatted(number);
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
