package io.github.jnpu.convert.random;

import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.tensor.Quantizer;
import io.github.jnpu.convert.tensor.TensorType;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Describes a model with random weights and writes it as GGUF: it loads, tokenizes, runs at the speed of a trained one
 * and says nothing. The same description gives the same bytes.
 *
 * <p>Weights are normally distributed with a deviation of 1/sqrt(fan-in), so that activations keep their size; norms are
 * 1 with little noise.
 *
 * @param architecture
 *            {@code llama}, {@code qwen2} (biases on query, key, value) or {@code qwen3} (norms on query and key heads)
 * @param tiedEmbeddings
 *            whether the embedding table makes the logits too
 */
public record RandomModel(String architecture, ModelSize size, FileType fileType, boolean tiedEmbeddings, long seed) {
    /** The architectures that can be made. */
    public static final List<String> ARCHITECTURES = List.of("llama", "qwen2", "qwen3");

    private static final float NORM_NOISE = 0.1f;
    private static final float BIAS_DEVIATION = 0.1f;

    /**
     * @throws IllegalArgumentException
     *             if the architecture is unknown or the size does not fill the type's blocks
     */
    public RandomModel {
        Objects.requireNonNull(size, "size");
        if (!ARCHITECTURES.contains(architecture)) {
            throw new IllegalArgumentException("random model: unknown architecture '%s', known are %s"
                    .formatted(architecture, String.join(", ", ARCHITECTURES)));
        }
        int block = fileType.base().blockSize();
        if (size.embeddingLength() % block != 0 || size.feedForwardLength() % block != 0
                || size.heads() * size.headLength() % block != 0) {
            throw new IllegalArgumentException(
                    "random model: type %s needs widths that are multiples of %d, got %d, %d, %d".formatted(fileType,
                            block, size.embeddingLength(), size.heads() * size.headLength(),
                            size.feedForwardLength()));
        }
    }

    /** A llama of a preset size with separate embedding and output matrices, seed 1. */
    public static RandomModel llama(ModelSize.Preset preset, FileType fileType) {
        return new RandomModel("llama", preset.size(), fileType, false, 1);
    }

    /**
     * Writes the file; it appears under its name when it is complete. Takes some 20 MB of heap whatever the size.
     *
     * @throws IOException
     *             if it cannot be written
     */
    public void write(Path path) throws IOException {
        GgufWriter writer = new GgufWriter();
        describe(writer);
        RandomGenerator random = generator("vocabulary");
        if (architecture.equals("llama")) {
            RandomVocabulary.writeSentencePiece(size.vocabularySize(), random, writer);
        } else {
            RandomVocabulary.writeBytePair(size.vocabularySize(), random, writer);
        }
        addTensors(new TensorMaker(this, writer, new HashMap<>()));
        writer.write(path);
    }

    private void describe(GgufWriter writer) {
        writer.put("general.architecture", architecture);
        writer.put("general.name", "random %s %s, seed %d".formatted(architecture, fileType, seed));
        writer.putUnsigned("general.file_type", fileType.id());
        writer.putUnsigned("general.quantization_version", 2);
        String prefix = architecture + ".";
        writer.putUnsigned(prefix + "vocab_size", size.vocabularySize());
        writer.putUnsigned(prefix + "context_length", size.contextLength());
        writer.putUnsigned(prefix + "embedding_length", size.embeddingLength());
        writer.putUnsigned(prefix + "block_count", size.layers());
        writer.putUnsigned(prefix + "feed_forward_length", size.feedForwardLength());
        writer.putUnsigned(prefix + "attention.head_count", size.heads());
        writer.putUnsigned(prefix + "attention.head_count_kv", size.keyValueHeads());
        writer.putUnsigned(prefix + "attention.key_length", size.headLength());
        writer.putUnsigned(prefix + "attention.value_length", size.headLength());
        writer.put(prefix + "attention.layer_norm_rms_epsilon", 1e-5f);
        writer.putUnsigned(prefix + "rope.dimension_count", size.headLength());
        writer.put(prefix + "rope.freq_base", architecture.equals("llama") ? 10_000f : 1_000_000f);
    }

    private void addTensors(TensorMaker maker) {
        int width = size.embeddingLength();
        int queryWidth = size.heads() * size.headLength();
        int keyWidth = size.keyValueHeads() * size.headLength();
        TensorType base = fileType.base();
        TensorType output = fileType.output(width);
        maker.matrix("token_embd.weight", tiedEmbeddings ? output : base, size.vocabularySize(), width);
        for (int layer = 0; layer < size.layers(); layer++) {
            String prefix = "blk." + layer + ".";
            TensorType valueOrDown = fileType.valueOrDown(layer, size.layers());
            maker.vector(prefix + "attn_norm.weight", width, 1, NORM_NOISE);
            maker.matrix(prefix + "attn_q.weight", base, queryWidth, width);
            maker.matrix(prefix + "attn_k.weight", base, keyWidth, width);
            maker.matrix(prefix + "attn_v.weight", valueOrDown, keyWidth, width);
            if (architecture.equals("qwen2")) {
                maker.vector(prefix + "attn_q.bias", queryWidth, 0, BIAS_DEVIATION);
                maker.vector(prefix + "attn_k.bias", keyWidth, 0, BIAS_DEVIATION);
                maker.vector(prefix + "attn_v.bias", keyWidth, 0, BIAS_DEVIATION);
            }
            if (architecture.equals("qwen3")) {
                maker.vector(prefix + "attn_q_norm.weight", size.headLength(), 1, NORM_NOISE);
                maker.vector(prefix + "attn_k_norm.weight", size.headLength(), 1, NORM_NOISE);
            }
            maker.matrix(prefix + "attn_output.weight", base, width, queryWidth);
            maker.vector(prefix + "ffn_norm.weight", width, 1, NORM_NOISE);
            maker.matrix(prefix + "ffn_gate.weight", base, size.feedForwardLength(), width);
            maker.matrix(prefix + "ffn_up.weight", base, size.feedForwardLength(), width);
            maker.matrix(prefix + "ffn_down.weight", valueOrDown, width, size.feedForwardLength());
        }
        maker.vector("output_norm.weight", width, 1, NORM_NOISE);
        if (!tiedEmbeddings) {
            maker.matrix("output.weight", output, size.vocabularySize(), width);
        }
    }

    private long largestTensor() {
        return (long) size.embeddingLength() * Math.max(size.vocabularySize(), size.feedForwardLength());
    }

    /** A generator of its own for each tensor, so that none depends on which came before. */
    private RandomGenerator generator(String name) {
        return new SplittableRandom(seed * 0x9e37_79b9_7f4a_7c15L ^ (long) name.hashCode() << 32 ^ name.length());
    }

    private record PoolKey(TensorType type, int fanIn) {}

    /** Adds tensors to the writer; pools are filled when the first tensor that deals from them is written. */
    private record TensorMaker(RandomModel model, GgufWriter writer, Map<PoolKey, WeightPool> pools) {

        void matrix(String name, TensorType type, int rows, int columns) {
            writer.tensor(name, type, new long[]{rows, columns}, output -> {
                WeightPool pool = pools.computeIfAbsent(new PoolKey(type, columns),
                        key -> new WeightPool(type, (float) (1 / Math.sqrt(columns)), model.largestTensor(),
                                model.generator(type + " pool " + columns)));
                pool.deal((long) rows * columns, model.generator(name), output);
            });
        }

        void vector(String name, int length, float mean, float deviation) {
            float[] values = new float[length];
            RandomGenerator random = model.generator(name);
            for (int i = 0; i < length; i++) {
                values[i] = (float) (mean + random.nextGaussian() * deviation);
            }
            byte[] bytes = new byte[length * Float.BYTES];
            MemorySegment data = MemorySegment.ofArray(bytes);
            Quantizer.quantize(TensorType.F32, values, 0, length, data, 0);
            writer.tensor(name, TensorType.F32, new long[]{length}, data);
        }
    }
}
