package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.model.DistributedContext;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.TensorInfo;
import com.github.tjake.jlama.safetensors.WeightLoader;
import com.github.tjake.jlama.tensor.AbstractTensor;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.jlama.JlamaLayout.Axis;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * jlama's view of a GGUF file: Hugging Face's tensor names, jlama's number formats, and the order of features that its
 * rope expects.
 *
 * <p>F32 and BF16 are used where they lie; Q4_0 is split into jlama's nibbles and float scales, value for value the same.
 * Everything else becomes F32: jlama's Vector API kernels read no F16 and no 8-bit weights. Values change in one case
 * only, an embedding table beyond 2 GiB as F32, which becomes BF16.
 *
 * <p>Thread-safe. Closing it frees the copies; the model must not be used after it. The source stays open.
 */
public final class GgufWeightLoader implements WeightLoader {
    private final JlamaNetwork network;
    private final JlamaLayout layout;
    private final JlamaTensors tensors;
    private final Map<String, Weight> weights = new LinkedHashMap<>();
    private final Map<String, AbstractTensor<?, ?>> loaded = new ConcurrentHashMap<>();
    private final DType modelType;

    /**
     * A weight's place in both worlds.
     *
     * @param columns
     *            what its rows are made of; null for a vector
     */
    private record Weight(ModelTensor tensor, Axis rows, Axis columns, boolean isNorm, DType type) {
        boolean isMatrix() {
            return columns != null;
        }
    }

    /**
     * The weights of a file.
     *
     * @throws ModelFormatException
     *             if a tensor is missing
     * @throws EngineException
     *             if jlama has no code for such a network
     */
    public static GgufWeightLoader of(ModelSource source) {
        return new GgufWeightLoader(JlamaNetwork.of(DecoderGraph.of(source)));
    }

    GgufWeightLoader(JlamaNetwork network) {
        network.refusal().ifPresent(reason -> {
            throw new EngineException(reason);
        });
        this.network = network;
        this.layout = JlamaLayout.of(network.config());
        this.tensors = new JlamaTensors(layout);
        this.modelType = describe();
    }

    /** Fills the map of weights and gives back the type that all projections share, F32 if they share none. */
    private DType describe() {
        DType shared = null;
        for (int layer = 0; layer < network.config().layers(); layer++) {
            String to = "model.layers." + layer + ".";
            String from = "blk." + layer + ".";
            norm(to + "input_layernorm", from + "attn_norm");
            norm(to + "post_attention_layernorm", from + "ffn_norm");
            DType[] types = {
                    matrix(to + "self_attn.q_proj", from + "attn_q", Axis.TURNED_HEADS, Axis.EMBEDDING),
                    matrix(to + "self_attn.k_proj", from + "attn_k", Axis.TURNED_HEADS, Axis.EMBEDDING),
                    matrix(to + "self_attn.v_proj", from + "attn_v", Axis.HEADS, Axis.EMBEDDING),
                    matrix(to + "self_attn.o_proj", from + "attn_output", Axis.EMBEDDING, Axis.HEADS),
                    matrix(to + "mlp.gate_proj", from + "ffn_gate", Axis.FEED_FORWARD, Axis.EMBEDDING),
                    matrix(to + "mlp.up_proj", from + "ffn_up", Axis.FEED_FORWARD, Axis.EMBEDDING),
                    matrix(to + "mlp.down_proj", from + "ffn_down", Axis.EMBEDDING, Axis.FEED_FORWARD)};
            for (DType type : types) {
                shared = shared == null || shared == type ? type : DType.F32;
            }
            bias(to + "self_attn.q_proj", from + "attn_q", Axis.TURNED_HEADS);
            bias(to + "self_attn.k_proj", from + "attn_k", Axis.TURNED_HEADS);
            bias(to + "self_attn.v_proj", from + "attn_v", Axis.HEADS);
        }
        norm("model.norm", "output_norm");
        embedding();
        return shared;
    }

    private void embedding() {
        ModelTensor table = require("token_embd.weight");
        // jlama copies rows of the table as they are and goes on in their type: only F32 and BF16 work.
        DType type = tensors.matrixType(table);
        if (type == DType.Q4) {
            type = DType.F32;
        }
        long bytes = (long) table.rows() * layout.embeddingLength() * Float.BYTES;
        if (bytes > Integer.MAX_VALUE && !layout.isPadded()) {
            type = DType.BF16;
        }
        weights.put("model.embed_tokens.weight",
                new Weight(table, Axis.VOCABULARY, Axis.EMBEDDING, false, type));
        // Without an output matrix jlama reads the table above; where the file has it in four bits, that is faster.
        ModelTensor output = network.tensors().getOrDefault("output.weight", table);
        if (output != table || tensors.matrixType(output) != type) {
            DType outputType = output == table && tensors.matrixType(output) != DType.Q4
                    ? type
                    : tensors.matrixType(output);
            weights.put("lm_head.weight",
                    new Weight(output, Axis.VOCABULARY, Axis.EMBEDDING, false, outputType));
        }
    }

    private DType matrix(String to, String from, Axis rows, Axis columns) {
        ModelTensor tensor = require(from + ".weight");
        DType type = tensors.matrixType(tensor);
        weights.put(to + ".weight", new Weight(tensor, rows, columns, false, type));
        return type;
    }

    private void norm(String to, String from) {
        weights.put(to + ".weight", new Weight(require(from + ".weight"), Axis.EMBEDDING, null, true, DType.F32));
    }

    private void bias(String to, String from, Axis axis) {
        ModelTensor tensor = network.tensors().get(from + ".bias");
        if (tensor != null) {
            weights.put(to + ".bias", new Weight(tensor, axis, null, false, DType.F32));
        }
    }

    private ModelTensor require(String name) {
        ModelTensor tensor = network.tensors().get(name);
        if (tensor == null) {
            throw new ModelFormatException("tensor '%s' is missing".formatted(name));
        }
        return tensor;
    }

    JlamaNetwork network() {
        return network;
    }

    JlamaLayout layout() {
        return layout;
    }

    @Override
    public Map<String, String> metadata() {
        return Map.of("format", "gguf", "architecture", network.config().architecture(), "name",
                network.config().name());
    }

    @Override
    public Map<String, TensorInfo> tensorInfoMap() {
        Map<String, TensorInfo> infos = new LinkedHashMap<>();
        weights.forEach((name, weight) -> {
            long[] shape = shape(weight);
            long count = shape.length == 1 ? shape[0] : shape[0] * shape[1];
            long bytes = weight.type == DType.Q4 ? count / 2 : count * weight.type.size();
            infos.put(name, new TensorInfo(weight.type, shape, new long[]{0, bytes}));
        });
        return infos;
    }

    private long[] shape(Weight weight) {
        ModelTensor tensor = weight.tensor;
        return weight.isMatrix()
                ? new long[]{layout.length(weight.rows, tensor.rows()), layout.length(weight.columns, tensor.columns())}
                : new long[]{layout.length(weight.rows, tensor.columns())};
    }

    @Override
    public boolean isWeightPresent(String name) {
        return weights.containsKey(name);
    }

    /**
     * A tensor by its Hugging Face name; the same object each time.
     *
     * @param context
     *            jlama's view of a cluster: only a whole model can be loaded
     * @throws NoSuchElementException
     *             if there is none of this name
     * @throws EngineException
     *             if it is larger than jlama's tensors can be
     */
    @Override
    public AbstractTensor<?, ?> load(String name, DistributedContext context, boolean sparseRows,
            boolean sparseColumns) {
        if (context != null && context.hasModelShard()) {
            throw new UnsupportedOperationException("a GGUF file cannot be split over several machines by jlama");
        }
        Weight weight = weights.get(name);
        if (weight == null) {
            throw new NoSuchElementException("jlama asks for '%s', which a %s model in GGUF does not have"
                    .formatted(name, network.config().architecture()));
        }
        return loaded.computeIfAbsent(name, _ -> weight.isMatrix()
                ? tensors.matrix(name, weight.tensor, weight.rows, weight.columns, weight.type)
                : tensors.vector(name, weight.tensor, weight.rows, weight.isNorm ? layout.normFactor() : 1));
    }

    /** Decides how jlama quantises activations: Q4 and BF16 only where all projections are, else F32. */
    @Override
    public DType getModelDType() {
        return modelType;
    }

    @Override
    public void close() {
        loaded.clear();
        tensors.close();
    }
}
