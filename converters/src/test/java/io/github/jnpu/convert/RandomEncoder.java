package io.github.jnpu.convert;

import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.graph.Pooling;
import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.tensor.Quantizer;
import io.github.jnpu.convert.tensor.TensorType;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Writes a small encoder with random weights as GGUF; the same description gives the same bytes. Its vocabulary has all ASCII characters, so
 * every English text has tokens.
 *
 * @param architecture
 *            {@code bert} or {@code nomic-bert}
 * @param type
 *            of matrices
 * @param fused
 *            whether queries, keys and values share a matrix
 */
public record RandomEncoder(String architecture, TensorType type, Pooling pooling, boolean fused) {
    public static final int WIDTH = 64;
    public static final int CONTEXT = 160;
    private static final int INNER = 128;
    private static final int HEADS = 4;
    private static final int LAYERS = 2;

    public static RandomEncoder bert(TensorType type) {
        return new RandomEncoder("bert", type, Pooling.MEAN, false);
    }

    public static RandomEncoder nomic(TensorType type) {
        return new RandomEncoder("nomic-bert", type, Pooling.MEAN, true);
    }

    /** Writes the file. */
    public Path write(Path file) throws IOException {
        GgufWriter writer = new GgufWriter();
        String prefix = architecture + ".";
        List<String> tokens = vocabulary();
        writer.put("general.architecture", architecture).put("general.name", "random " + architecture);
        writer.putUnsigned(prefix + "context_length", CONTEXT).putUnsigned(prefix + "embedding_length", WIDTH)
                .putUnsigned(prefix + "block_count", LAYERS).putUnsigned(prefix + "feed_forward_length", INNER)
                .putUnsigned(prefix + "attention.head_count", HEADS)
                .putUnsigned(prefix + "pooling_type", pooling.fileId());
        writer.put(prefix + "attention.layer_norm_epsilon", 1e-12f).put(prefix + "attention.causal", false);
        if (nomic()) {
            writer.put(prefix + "rope.freq_base", 1000f);
        }
        writer.put("tokenizer.ggml.model", "bert").putStrings("tokenizer.ggml.tokens", tokens)
                .putUnsigned("tokenizer.ggml.token_type_count", 2).putUnsigned("tokenizer.ggml.padding_token_id", 0)
                .putUnsigned("tokenizer.ggml.unknown_token_id", 1).putUnsigned("tokenizer.ggml.bos_token_id", 2)
                .putUnsigned("tokenizer.ggml.cls_token_id", 2).putUnsigned("tokenizer.ggml.eos_token_id", 3)
                .putUnsigned("tokenizer.ggml.seperator_token_id", 3).putUnsigned("tokenizer.ggml.mask_token_id", 4);
        writer.put("tokenizer.ggml.token_type", new MetadataArray(tokenTypes(tokens.size()), false));
        matrix(writer, "token_embd.weight", 1, tokens.size(), WIDTH);
        vector(writer, "token_types.weight", 0, 2, WIDTH);
        if (!nomic()) {
            vector(writer, "position_embd.weight", 0, CONTEXT, WIDTH);
        }
        norm(writer, "token_embd_norm");
        for (int layer = 0; layer < LAYERS; layer++) {
            String block = "blk." + layer + ".";
            for (String part : fused ? List.of("attn_qkv") : List.of("attn_q", "attn_k", "attn_v")) {
                project(writer, block + part, fused ? 3 * WIDTH : WIDTH, WIDTH);
            }
            project(writer, block + "attn_output", WIDTH, WIDTH);
            norm(writer, block + "attn_output_norm");
            if (nomic()) {
                project(writer, block + "ffn_gate", INNER, WIDTH);
            }
            project(writer, block + "ffn_up", INNER, WIDTH);
            project(writer, block + "ffn_down", WIDTH, INNER);
            norm(writer, block + "layer_output_norm");
        }
        writer.write(file);
        return file;
    }

    private boolean nomic() {
        return architecture.equals("nomic-bert");
    }

    private static List<String> vocabulary() {
        List<String> tokens = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
        for (char c = '!'; c <= '~'; c++) {
            if (c < 'A' || c > 'Z') {
                tokens.add("\u2581" + c);
                tokens.add(String.valueOf(c));
            }
        }
        for (String word : List.of("the", "cat", "dog", "sat", "on", "mat", "run", "hello", "world", "embed")) {
            tokens.add("\u2581" + word);
        }
        tokens.addAll(List.of("ing", "ed", "ning", "er", "tion", "ly"));
        return tokens;
    }

    private static int[] tokenTypes(int count) {
        int[] types = new int[count];
        for (int i = 0; i < count; i++) {
            types[i] = i < 5 ? 3 : 1;
        }
        return types;
    }

    /** With a bias, which Nomic's lack. */
    private void project(GgufWriter writer, String name, int rows, int columns) {
        matrix(writer, name + ".weight", (float) (1.5 / Math.sqrt(columns)), rows, columns);
        if (!nomic()) {
            vector(writer, name + ".bias", 0, rows);
        }
    }

    private static void norm(GgufWriter writer, String name) {
        vector(writer, name + ".weight", 1, WIDTH);
        vector(writer, name + ".bias", 0, WIDTH);
    }

    private void matrix(GgufWriter writer, String name, float deviation, int rows, int columns) {
        add(writer, name, type, 0, deviation, rows, columns);
    }

    private static void vector(GgufWriter writer, String name, float mean, long... shape) {
        add(writer, name, TensorType.F32, mean, 0.2f, shape);
    }

    private static void add(GgufWriter writer, String name, TensorType type, float mean, float deviation,
            long... shape) {
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        SplittableRandom random = new SplittableRandom(name.hashCode());
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (mean + random.nextGaussian() * deviation);
        }
        MemorySegment data = MemorySegment.ofArray(new byte[Math.toIntExact(type.byteSize(count))]);
        Quantizer.quantize(type, values, 0, count, data, 0);
        writer.tensor(name, type, shape, data);
    }
}
