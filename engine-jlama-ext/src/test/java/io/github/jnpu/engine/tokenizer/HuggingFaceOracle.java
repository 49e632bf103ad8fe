package io.github.jnpu.engine.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jnpu.convert.model.ModelSource;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Hugging Face's own tokenizers (through DJL) over the vocabulary of a GGUF file. */
final class HuggingFaceOracle implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HuggingFaceTokenizer tokenizer;

    private HuggingFaceOracle(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * A byte-level BPE tokenizer.
     *
     * @param expressions
     *            the pre-tokenizer, applied one after another; none for GPT-2's built-in one
     */
    static HuggingFaceOracle byteLevel(ModelSource source, boolean ignoreMerges, String... expressions) {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding").putNull("normalizer")
                .putNull("post_processor");
        root.putArray("added_tokens");
        ObjectNode preTokenizer = root.putObject("pre_tokenizer").put("type", "Sequence");
        ArrayNode steps = preTokenizer.putArray("pretokenizers");
        for (String expression : expressions) {
            ObjectNode split = steps.addObject().put("type", "Split");
            split.putObject("pattern").put("Regex", expression);
            split.put("behavior", "Isolated").put("invert", false);
        }
        steps.addObject().put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true).put(
                "use_regex",
                expressions.length == 0);
        root.putObject("decoder").put("type", "ByteLevel").put("add_prefix_space", true).put("trim_offsets", true)
                .put("use_regex", true);
        ObjectNode model = root.putObject("model").put("type", "BPE").put("fuse_unk", false).put("byte_fallback", false)
                .put(
                        "ignore_merges", ignoreMerges);
        ObjectNode vocabulary = model.putObject("vocab");
        List<String> tokens = source.metadata().strings("tokenizer.ggml.tokens");
        for (int id = 0; id < tokens.size(); id++) {
            vocabulary.put(tokens.get(id), id);
        }
        ArrayNode merges = model.putArray("merges");
        source.metadata().strings("tokenizer.ggml.merges").forEach(merges::add);
        try {
            byte[] json = JSON.writeValueAsBytes(root);
            return new HuggingFaceOracle(HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json),
                    Map.of("truncation", "false", "padding", "false")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int[] encode(String text) {
        return Arrays.stream(tokenizer.encode(text, false, false).getIds()).mapToInt(Math::toIntExact).toArray();
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
