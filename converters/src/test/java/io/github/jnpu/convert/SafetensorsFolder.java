package io.github.jnpu.convert;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.TensorType;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a GGUF model as the folder that it could have been made from, by code that the reader under test does not share. */
public final class SafetensorsFolder {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> NAMES = Map.ofEntries(Map.entry("attn_norm", "input_layernorm"),
            Map.entry("ffn_norm", "post_attention_layernorm"), Map.entry("attn_q", "self_attn.q_proj"),
            Map.entry("attn_k", "self_attn.k_proj"), Map.entry("attn_v", "self_attn.v_proj"),
            Map.entry("attn_output", "self_attn.o_proj"), Map.entry("attn_q_norm", "self_attn.q_norm"),
            Map.entry("attn_k_norm", "self_attn.k_norm"), Map.entry("ffn_gate", "mlp.gate_proj"),
            Map.entry("ffn_up", "mlp.up_proj"), Map.entry("ffn_down", "mlp.down_proj"));

    private SafetensorsFolder() {}

    /** Writes config.json and as many files of tensors; no tokenizer. */
    public static Path write(Path gguf, Path folder, int shards) throws IOException {
        Files.createDirectories(folder);
        try (GgufFile file = GgufFile.open(gguf)) {
            ModelConfig config = ModelConfig.of(file);
            Files.writeString(folder.resolve("config.json"), config(file, config));
            Map<String, byte[]> tensors = new LinkedHashMap<>();
            Map<String, ModelTensor> originals = new LinkedHashMap<>();
            for (ModelTensor tensor : file.tensors()) {
                String name = name(tensor.name());
                originals.put(name, tensor);
                tensors.put(name, bytes(tensor, config));
            }
            ObjectNode index = JSON.createObjectNode();
            ObjectNode map = index.putObject("weight_map");
            List<String> names = List.copyOf(tensors.keySet());
            for (int shard = 0; shard < shards; shard++) {
                String fileName = shards == 1
                        ? "model.safetensors"
                        : "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards);
                List<String> part = names.subList(names.size() * shard / shards, names.size() * (shard + 1) / shards);
                part.forEach(name -> map.put(name, fileName));
                writeFile(folder.resolve(fileName), part, originals, tensors);
            }
            if (shards > 1) {
                Files.writeString(folder.resolve("model.safetensors.index.json"), index.toString());
            }
        }
        return folder;
    }

    private static String config(ModelSource source, ModelConfig config) {
        ObjectNode json = JSON.createObjectNode();
        json.put("model_type", config.architecture()).put("hidden_size", config.embeddingLength());
        json.put("intermediate_size", config.feedForwardLength()).put("num_hidden_layers", config.layers());
        json.put("num_attention_heads", config.heads()).put("num_key_value_heads", config.keyValueHeads());
        json.put("head_dim", config.keyLength()).put("vocab_size", config.vocabularySize());
        json.put("max_position_embeddings", config.contextLength()).put("rms_norm_eps", config.normEpsilon());
        json.put("rope_theta", config.rope().frequencyBase());
        json.put("tie_word_embeddings", source.tensor("output.weight").isEmpty());
        json.putArray("architectures").add("AnyForCausalLM");
        return json.toString();
    }

    private static String name(String gguf) {
        switch (gguf) {
            case "token_embd.weight" -> {
                return "model.embed_tokens.weight";
            }
            case "output_norm.weight" -> {
                return "model.norm.weight";
            }
            case "output.weight" -> {
                return "lm_head.weight";
            }
            default -> {
                String[] parts = gguf.split("\\.");
                return "model.layers.%s.%s.%s".formatted(parts[1], NAMES.get(parts[2]), parts[3]);
            }
        }
    }

    /** The rows of llama's queries and keys as they were before the conversion: even ones of a head, then odd ones. */
    private static byte[] bytes(ModelTensor tensor, ModelConfig config) {
        byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
        boolean query = tensor.name().contains(".attn_q.");
        if (!config.architecture().equals("llama") || !query && !tensor.name().contains(".attn_k.")) {
            return bytes;
        }
        int heads = query ? config.heads() : config.keyValueHeads();
        int rows = (int) tensor.shape()[0];
        int rowBytes = bytes.length / rows;
        int width = rows / heads;
        byte[] result = new byte[bytes.length];
        int target = 0;
        for (int head = 0; head < heads; head++) {
            for (int parity = 0; parity < 2; parity++) {
                for (int row = parity; row < width; row += 2) {
                    System.arraycopy(bytes, (head * width + row) * rowBytes, result, target, rowBytes);
                    target += rowBytes;
                }
            }
        }
        return result;
    }

    private static void writeFile(Path file, List<String> names, Map<String, ModelTensor> originals,
            Map<String, byte[]> tensors) throws IOException {
        ObjectNode header = JSON.createObjectNode();
        header.putObject("__metadata__").put("format", "pt");
        int offset = 0;
        for (String name : names) {
            ModelTensor tensor = originals.get(name);
            ObjectNode entry = header.putObject(name).put("dtype", tensor.type() == TensorType.BF16
                    ? "BF16"
                    : tensor.type().name());
            ArrayNode shape = entry.putArray("shape");
            Arrays.stream(tensor.shape()).forEach(shape::add);
            entry.putArray("data_offsets").add(offset).add(offset += tensors.get(name).length);
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
            out.write(json);
            for (String name : names) {
                out.write(tensors.get(name));
            }
        }
    }

    /** Adds tokenizer.json with the vocabulary of a byte-level BPE, and its settings. */
    public static void writeBytePairTokenizer(GgufFile gguf, Path folder, String preTokenizer, String template)
            throws IOException {
        List<String> tokens = gguf.metadata().strings("tokenizer.ggml.tokens");
        int[] types = gguf.metadata().array("tokenizer.ggml.token_type").orElseThrow().integers("types");
        ObjectNode json = JSON.createObjectNode();
        ArrayNode added = json.putArray("added_tokens");
        ObjectNode model = json.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        for (int id = 0; id < tokens.size(); id++) {
            if (types[id] == 3) {
                added.addObject().put("id", id).put("content", tokens.get(id)).put("special", true);
            } else {
                vocabulary.put(tokens.get(id), id);
            }
        }
        ArrayNode merges = model.putArray("merges");
        gguf.metadata().strings("tokenizer.ggml.merges").forEach(merges::add);
        json.set("pre_tokenizer", JSON.readTree(preTokenizer));
        Files.writeString(folder.resolve("tokenizer.json"), json.toString());
        int end = gguf.metadata().integer("tokenizer.ggml.eos_token_id").orElseThrow().intValue();
        ObjectNode settings = JSON.createObjectNode().put("chat_template", template).put("add_bos_token", false);
        settings.putObject("eos_token").put("content", tokens.get(end));
        Files.writeString(folder.resolve("tokenizer_config.json"), settings.toString());
    }

    /** Adds tokenizer.model: a SentencePiece vocabulary as protobuf. */
    public static void writeSentencePieces(GgufFile gguf, Path folder) throws IOException {
        List<String> tokens = gguf.metadata().strings("tokenizer.ggml.tokens");
        int[] types = gguf.metadata().array("tokenizer.ggml.token_type").orElseThrow().integers("types");
        float[] scores = gguf.metadata().array("tokenizer.ggml.scores").orElseThrow().floats("scores");
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        for (int id = 0; id < types.length; id++) {
            byte[] text = tokens.get(id).getBytes(StandardCharsets.UTF_8);
            int length = 2 + text.length + 5 + 2;
            buffer.put((byte) 0x0a).put((byte) length).put((byte) 0x0a).put((byte) text.length).put(text);
            buffer.put((byte) 0x15).putFloat(scores[id]).put((byte) 0x18).put((byte) types[id]);
        }
        // Field 2, the trainer's settings, is passed over.
        buffer.put(new byte[]{0x12, 2, 0x18, 7});
        Files.write(folder.resolve("tokenizer.model"), Arrays.copyOf(buffer.array(), buffer.position()));
        ObjectNode settings = JSON.createObjectNode().put("bos_token", "<s>").put("eos_token", "</s>").put(
                "unk_token", "<unk>").put("add_bos_token", true);
        Files.writeString(folder.resolve("tokenizer_config.json"), settings.toString());
    }

    /** Adds tokenizer.json with a SentencePiece vocabulary as merges, as transformers converts it. */
    public static void writeSentencePiecesAsMerges(GgufFile gguf, Path folder) throws IOException {
        List<String> tokens = gguf.metadata().strings("tokenizer.ggml.tokens");
        int[] types = gguf.metadata().array("tokenizer.ggml.token_type").orElseThrow().integers("types");
        float[] scores = gguf.metadata().array("tokenizer.ggml.scores").orElseThrow().floats("scores");
        ObjectNode json = JSON.createObjectNode();
        ArrayNode added = json.putArray("added_tokens");
        ObjectNode model = json.putObject("model").put("type", "BPE").put("byte_fallback", true).put("unk_token",
                "<unk>");
        ObjectNode vocabulary = model.putObject("vocab");
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            vocabulary.put(tokens.get(id), id);
            ids.put(tokens.get(id), id);
            if (types[id] == 2 || types[id] == 3) {
                added.addObject().put("id", id).put("content", tokens.get(id)).put("special", true);
            }
        }
        ArrayNode merges = model.putArray("merges");
        ids.keySet().stream().filter(token -> types[ids.get(token)] == 1).sorted((a, b) -> Float.compare(scores[ids
                .get(b)], scores[ids.get(a)])).forEach(token -> {
                    for (int cut = 1; cut < token.length(); cut++) {
                        String left = token.substring(0, cut);
                        String right = token.substring(cut);
                        if (ids.containsKey(left) && ids.containsKey(right)) {
                            merges.addArray().add(left).add(right);
                        }
                    }
                });
        Files.writeString(folder.resolve("tokenizer.json"), json.toString());
        ObjectNode settings = JSON.createObjectNode().put("bos_token", "<s>").put("eos_token", "</s>").put(
                "unk_token", "<unk>").put("add_bos_token", true);
        Files.writeString(folder.resolve("tokenizer_config.json"), settings.toString());
    }
}
