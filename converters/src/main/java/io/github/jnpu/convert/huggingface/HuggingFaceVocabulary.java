package io.github.jnpu.convert.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.convert.huggingface.SentencePieceFile.Piece;
import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.model.ModelFormatException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** From {@code tokenizer.json} or {@code tokenizer.model} to GGUF's vocabulary. */
final class HuggingFaceVocabulary {
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int UNUSED = 5;
    private static final int BYTE = 6;
    private static final int MAX_TOKENS = 1 << 22;
    private static final long MAX_TEMPLATE_BYTES = 16L << 20;
    /** SentencePiece scores of what is not made by merges do not count; llama.cpp writes this one. */
    private static final float NO_SCORE = -1000;

    private final Path folder;
    private final JsonFile tokenizer;
    private final JsonFile settings;
    private final int size;
    private final Map<String, Object> metadata;
    private String[] tokens;
    private int[] types;
    private float[] scores;

    /**
     * @param size
     *            rows of the embedding table; ids without a token are filled up
     */
    HuggingFaceVocabulary(Path folder, int size, Map<String, Object> metadata) {
        this.folder = folder;
        this.tokenizer = JsonFile.of(folder.resolve("tokenizer.json"));
        this.settings = JsonFile.of(folder.resolve("tokenizer_config.json"));
        this.size = size;
        this.metadata = metadata;
    }

    /**
     * Adds the vocabulary; nothing if the folder has none.
     *
     * @throws ModelFormatException
     *             if it is of a kind that cannot be read
     */
    void put() {
        Path pieces = folder.resolve("tokenizer.model");
        boolean sentencePiece = Files.isRegularFile(pieces);
        if (!sentencePiece && !tokenizer.exists()) {
            return;
        }
        if (size > MAX_TOKENS) {
            throw tokenizer.invalid(size + " tokens are too many");
        }
        tokens = new String[size];
        types = new int[size];
        scores = new float[size];
        if (sentencePiece) {
            sentencePieces(SentencePieceFile.read(pieces));
        } else {
            bytePairs();
        }
        added();
        for (int id = 0; id < size; id++) {
            if (tokens[id] == null) {
                tokens[id] = "[PAD%d]".formatted(id);
                types[id] = UNUSED;
                scores[id] = NO_SCORE;
            }
        }
        metadata.put("tokenizer.ggml.tokens", new MetadataArray(List.of(tokens), false));
        metadata.put("tokenizer.ggml.token_type", new MetadataArray(types, false));
        if (metadata.get("tokenizer.ggml.model").equals("llama")) {
            metadata.put("tokenizer.ggml.scores", new MetadataArray(scores, false));
        }
        specialTokens();
        chatTemplate();
    }

    private void sentencePieces(List<Piece> pieces) {
        metadata.put("tokenizer.ggml.model", "llama");
        metadata.put("tokenizer.ggml.pre", "default");
        for (int id = 0; id < Math.min(size, pieces.size()); id++) {
            Piece piece = pieces.get(id);
            set(id, piece.text(), piece.type());
            scores[id] = piece.score();
        }
    }

    private void bytePairs() {
        JsonNode model = tokenizer.path("model");
        String type = model.path("type").asText(model.has("merges") ? "BPE" : "");
        if (!type.equals("BPE")) {
            throw tokenizer.invalid("tokenizers of type '%s' cannot be read, only BPE".formatted(ModelFormatException
                    .printable(type)));
        }
        boolean spelledBytes = model.path("byte_fallback").asBoolean();
        model.path("vocab").properties().forEach(entry -> set(id(entry.getValue()), entry.getKey(),
                spelledBytes && entry.getKey().matches("<0x[0-9A-F]{2}>") ? BYTE : NORMAL));
        if (spelledBytes) {
            asSentencePieces(model);
        } else {
            metadata.put("tokenizer.ggml.model", "gpt2");
            metadata.put("tokenizer.ggml.pre", PreTokenizerNames.of(tokenizer));
            List<String> merges = new ArrayList<>();
            model.path("merges").forEach(merge -> merges.add(merge(merge)[0] + " " + merge(merge)[1]));
            metadata.put("tokenizer.ggml.merges", new MetadataArray(List.copyOf(merges), false));
        }
    }

    /**
     * A SentencePiece vocabulary that was written as merges. SentencePiece joins the neighbours whose whole scores best, so a token's
     * score says how early the merge that makes it comes.
     */
    private void asSentencePieces(JsonNode model) {
        metadata.put("tokenizer.ggml.model", "llama");
        metadata.put("tokenizer.ggml.pre", "default");
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < size; id++) {
            scores[id] = NO_SCORE;
            if (tokens[id] != null) {
                ids.put(tokens[id], id);
            }
        }
        int rank = 0;
        boolean[] made = new boolean[size];
        for (JsonNode merge : model.path("merges")) {
            String[] parts = merge(merge);
            Integer id = ids.get(parts[0] + parts[1]);
            if (id != null && !made[id]) {
                made[id] = true;
                scores[id] = -rank;
            }
            rank++;
        }
        Integer unknown = ids.get(model.path("unk_token").asText());
        if (unknown != null) {
            types[unknown] = UNKNOWN;
        }
    }

    private String[] merge(JsonNode merge) {
        if (merge.isArray() && merge.size() == 2) {
            return new String[]{merge.get(0).asText(), merge.get(1).asText()};
        }
        String[] parts = merge.asText().split(" ", 2);
        if (parts.length != 2) {
            throw tokenizer.invalid("a merge is '%s', expected two parts".formatted(ModelFormatException.printable(
                    merge.toString())));
        }
        return parts;
    }

    private int id(JsonNode node) {
        if (!node.isInt() || node.intValue() < 0 || node.intValue() >= size) {
            throw tokenizer.invalid("token id %s is outside of the %d rows of the embedding table".formatted(
                    ModelFormatException.printable(node.toString()), size));
        }
        return node.intValue();
    }

    private void set(int id, String token, int type) {
        tokens[id] = token;
        types[id] = type;
    }

    private void added() {
        tokenizer.path("added_tokens").forEach(node -> {
            int id = id(node.path("id"));
            if (types[id] != UNKNOWN) {
                set(id, node.path("content").asText(), node.path("special").asBoolean() ? CONTROL : USER_DEFINED);
            }
        });
        settings.path("added_tokens_decoder").properties().forEach(entry -> {
            if (entry.getKey().matches("\\d{1,7}")) {
                int id = Integer.parseInt(entry.getKey());
                if (id < size && types[id] != UNKNOWN) {
                    set(id, entry.getValue().path("content").asText(), entry.getValue().path("special").asBoolean()
                            ? CONTROL
                            : USER_DEFINED);
                }
            }
        });
    }

    private void specialTokens() {
        JsonFile config = JsonFile.of(folder.resolve("config.json"));
        JsonFile generation = JsonFile.of(folder.resolve("generation_config.json"));
        special("bos", config, generation);
        special("eos", config, generation);
        special("pad", config, generation);
        named("unk").ifPresent(id -> metadata.put("tokenizer.ggml.unknown_token_id", (long) id));
        for (String flag : List.of("add_bos_token", "add_eos_token")) {
            if (settings.path(flag).isBoolean()) {
                metadata.put("tokenizer.ggml." + flag, settings.path(flag).booleanValue());
            }
        }
        if (!settings.path("add_bos_token").isBoolean() && metadata.containsKey("tokenizer.ggml.bos_token_id")) {
            beginsWithBos().ifPresent(begins -> metadata.put("tokenizer.ggml.add_bos_token", begins));
        }
        if (metadata.get("tokenizer.ggml.model").equals("gpt2")) {
            metadata.put("tokenizer.ggml.add_space_prefix", false);
        }
    }

    /** Whether the tokenizer puts BOS before a text, where a template says so. */
    private Optional<Boolean> beginsWithBos() {
        String bos = tokens[(int) (long) (Long) metadata.get("tokenizer.ggml.bos_token_id")];
        JsonNode processor = tokenizer.path("post_processor");
        List<JsonNode> steps = new ArrayList<>();
        steps.add(processor);
        processor.path("processors").forEach(steps::add);
        return steps.stream().filter(step -> step.path("type").asText().equals("TemplateProcessing")).findFirst().map(
                step -> step.path("single").path(0).path("SpecialToken").path("id").asText().equals(bos));
    }

    private void special(String name, JsonFile config, JsonFile generation) {
        String key = "tokenizer.ggml.%s_token_id".formatted(name.equals("pad") ? "padding" : name);
        Optional<Integer> id = named(name);
        for (JsonFile file : List.of(config, generation)) {
            if (id.isEmpty()) {
                JsonNode value = file.path(name + "_token_id");
                // A list begins with the one that is meant.
                JsonNode first = value.isArray() ? value.path(0) : value;
                id = first.isInt() && first.intValue() >= 0 && first.intValue() < size
                        ? Optional.of(first.intValue())
                        : Optional.empty();
            }
        }
        id.ifPresent(known -> metadata.put(key, (long) known));
    }

    private Optional<Integer> named(String name) {
        JsonNode node = settings.path(name + "_token");
        String text = node.isObject() ? node.path("content").asText() : node.asText("");
        for (int id = 0; id < size && !text.isEmpty() && !node.isNull(); id++) {
            if (tokens[id].equals(text)) {
                return Optional.of(id);
            }
        }
        return Optional.empty();
    }

    private void chatTemplate() {
        Path file = folder.resolve("chat_template.jinja");
        if (Files.isRegularFile(file)) {
            metadata.put("tokenizer.chat_template", read(file));
            return;
        }
        JsonNode template = settings.path("chat_template");
        if (template.isTextual()) {
            metadata.put("tokenizer.chat_template", template.textValue());
        }
        template.forEach(named -> {
            String name = named.path("name").asText();
            metadata.put(name.equals("default") ? "tokenizer.chat_template" : "tokenizer.chat_template." + name, named
                    .path("template").asText());
        });
    }

    private static String read(Path file) {
        try {
            if (Files.size(file) > MAX_TEMPLATE_BYTES) {
                throw new ModelFormatException("%s: too long for a template".formatted(file));
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new ModelFormatException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }
}
