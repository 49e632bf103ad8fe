package io.github.jnpu.samples.demo;

import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.tensor.Quantizer;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.samples.demo.tokenizer.BytePairVocabulary;
import io.github.jnpu.samples.demo.train.Network;
import io.github.jnpu.samples.demo.train.NetworkShape;
import io.github.jnpu.samples.demo.train.Parameter;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Writes a trained network with its vocabulary and chat template as GGUF: matrices in Q8_0, norms in F32. */
final class DemoModelFile {
    private static final int Q8_0_FILE_TYPE = 7;
    private static final int QUANTISATION_VERSION = 2;
    private static final int NORMAL_TOKEN = 1;
    private static final int CONTROL_TOKEN = 3;

    private DemoModelFile() {}

    static void write(Path file, Network network, BytePairVocabulary vocabulary) throws IOException {
        GgufWriter writer = new GgufWriter();
        describe(writer, network);
        vocabulary(writer, vocabulary);
        NetworkShape shape = network.shape();
        matrix(writer, "token_embd.weight", network.embeddings(), 0, shape.vocabulary());
        for (int i = 0; i < shape.layers(); i++) {
            layer(writer, "blk." + i + ".", network.layers().get(i), shape);
        }
        vector(writer, "output_norm.weight", network.outputNorm());
        writer.write(file);
    }

    private static void describe(GgufWriter writer, Network network) {
        NetworkShape shape = network.shape();
        writer.put("general.architecture", "llama");
        writer.put("general.name", "jnpu demo");
        writer.put("general.author", "the jnpu project");
        writer.put("general.license", "apache-2.0");
        writer.put("general.description", "A very small chat model that answers questions about jnpu, NPUs and GGUF. "
                + "Trained by the program in samples/demo-model from texts of the project itself.");
        writer.putStrings("general.languages", List.of("en"));
        writer.putUnsigned("general.file_type", Q8_0_FILE_TYPE);
        writer.putUnsigned("general.quantization_version", QUANTISATION_VERSION);
        writer.putUnsigned("llama.context_length", shape.context());
        writer.putUnsigned("llama.embedding_length", shape.width());
        writer.putUnsigned("llama.block_count", shape.layers());
        writer.putUnsigned("llama.feed_forward_length", shape.feedForward());
        writer.putUnsigned("llama.attention.head_count", shape.heads());
        writer.putUnsigned("llama.attention.head_count_kv", shape.keyValueHeads());
        writer.putUnsigned("llama.rope.dimension_count", shape.headWidth());
        writer.putUnsigned("llama.vocab_size", shape.vocabulary());
        writer.put("llama.rope.freq_base", NetworkShape.ROPE_BASE);
        writer.put("llama.attention.layer_norm_rms_epsilon", NetworkShape.NORM_EPSILON);
    }

    private static void vocabulary(GgufWriter writer, BytePairVocabulary vocabulary) {
        int endOfMessage = vocabulary.special(BytePairVocabulary.MESSAGE_END);
        int endOfText = vocabulary.special(BytePairVocabulary.END_OF_TEXT);
        writer.put("tokenizer.ggml.model", "gpt2");
        writer.put("tokenizer.ggml.pre", "gpt-2");
        writer.putStrings("tokenizer.ggml.tokens", vocabulary.pieces());
        writer.put("tokenizer.ggml.token_type", new MetadataArray(IntStream.range(0, vocabulary.size())
                .map(id -> vocabulary.isSpecial(id) ? CONTROL_TOKEN : NORMAL_TOKEN).toArray(), false));
        writer.putStrings("tokenizer.ggml.merges", vocabulary.mergePieces());
        writer.putUnsigned("tokenizer.ggml.bos_token_id", endOfText);
        writer.putUnsigned("tokenizer.ggml.eos_token_id", endOfMessage);
        writer.putUnsigned("tokenizer.ggml.padding_token_id", endOfText);
        writer.put("tokenizer.ggml.add_bos_token", false);
        writer.put("tokenizer.ggml.add_space_prefix", false);
        writer.put("tokenizer.chat_template", DemoChatTemplate.SOURCE);
    }

    private static void layer(GgufWriter writer, String prefix, Network.Layer layer, NetworkShape shape) {
        int width = shape.width();
        int keyValue = shape.keyValueWidth();
        int feedForward = shape.feedForward();
        vector(writer, prefix + "attn_norm.weight", layer.attentionNorm());
        matrix(writer, prefix + "attn_q.weight", layer.queryKeyValue(), 0, width);
        matrix(writer, prefix + "attn_k.weight", layer.queryKeyValue(), width, keyValue);
        matrix(writer, prefix + "attn_v.weight", layer.queryKeyValue(), width + keyValue, keyValue);
        matrix(writer, prefix + "attn_output.weight", layer.attentionOutput(), 0, width);
        vector(writer, prefix + "ffn_norm.weight", layer.feedForwardNorm());
        matrix(writer, prefix + "ffn_gate.weight", layer.gateUp(), 0, feedForward);
        matrix(writer, prefix + "ffn_up.weight", layer.gateUp(), feedForward, feedForward);
        matrix(writer, prefix + "ffn_down.weight", layer.down(), 0, width);
    }

    private static void matrix(GgufWriter writer, String name, Parameter parameter, int firstRow, int rows) {
        add(writer, name, TensorType.Q8_0, new long[]{rows, parameter.columns()}, parameter.value(),
                firstRow * parameter.columns());
    }

    private static void vector(GgufWriter writer, String name, Parameter parameter) {
        add(writer, name, TensorType.F32, new long[]{parameter.columns()}, parameter.value(), 0);
    }

    private static void add(GgufWriter writer, String name, TensorType type, long[] shape, float[] values, int offset) {
        int count = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
        MemorySegment packed = MemorySegment.ofArray(new byte[Math.toIntExact(type.byteSize(count))]);
        Quantizer.quantize(type, values, offset, count, packed, 0);
        writer.tensor(name, type, shape, packed);
    }
}
