package io.github.jnpu.engine.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.model.ModelFormatException;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads Hugging Face's {@code tokenizer.json} as far as encoders such as BERT need it: model WordPiece, with BERT's normalizer and
 * pre-tokenizer. Its truncation and padding are not a tokenizer's business and are passed over.
 */
public final class HuggingFaceTokenizerFile {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CONTINUING = "##";
    private static final int DEFAULT_MAX_WORD = 100;
    /** More than any published vocabulary has. */
    private static final int MAX_TOKENS = 1 << 22;
    private static final int NORMAL = 1;
    private static final int CONTROL = 3;

    private final JsonNode root;
    private final String location;

    private HuggingFaceTokenizerFile(JsonNode root, String location) {
        this.root = root;
        this.location = location;
    }

    /**
     * The tokenizer that a file describes.
     *
     * @param json
     *            the file's bytes
     * @param location
     *            where they are from, for messages
     * @throws ModelFormatException
     *             if it is malformed or of another kind
     */
    public static Tokenizer read(byte[] json, String location) {
        try {
            return new HuggingFaceTokenizerFile(JSON.readTree(json), location).tokenizer();
        } catch (IOException e) {
            throw new ModelFormatException("%s: it is no JSON: %s".formatted(location, e.getMessage().lines()
                    .findFirst().orElse("")));
        }
    }

    private Tokenizer tokenizer() {
        JsonNode model = root.path("model");
        requireType("model", model, "WordPiece");
        requireType("normalizer", root.path("normalizer"), "BertNormalizer");
        requireType("pre_tokenizer", root.path("pre_tokenizer"), "BertPreTokenizer");
        String prefix = model.path("continuing_subword_prefix").asText(CONTINUING);
        String[] tokens = tokens(model.path("vocab"));
        Map<String, Integer> ids = HashMap.newHashMap(tokens.length);
        for (int id = 0; id < tokens.length; id++) {
            ids.put(tokens[id], id);
        }
        int[] types = new int[tokens.length];
        Arrays.fill(types, NORMAL);
        for (JsonNode added : root.path("added_tokens")) {
            int id = added.path("id").asInt(-1);
            if (added.path("special").asBoolean() && id >= 0 && id < types.length) {
                types[id] = CONTROL;
            }
        }
        // As GGUF spells them: what begins a word is marked, not what goes on.
        String[] spelled = new String[tokens.length];
        for (int id = 0; id < tokens.length; id++) {
            String token = tokens[id];
            boolean continues = token.startsWith(prefix) && token.length() > prefix.length();
            spelled[id] = types[id] == CONTROL
                    ? token
                    : continues ? token.substring(prefix.length()) : '▁' + token;
        }
        Map<String, Object> values = new HashMap<>();
        values.put("tokenizer.ggml.tokens", new MetadataArray(List.of(spelled), false));
        values.put("tokenizer.ggml.token_type", new MetadataArray(types, false));
        putId(values, "unknown", ids, model.path("unk_token").asText("[UNK]"));
        putId(values, "bos", ids, firstSpecial());
        putId(values, "eos", ids, lastSpecial());
        putId(values, "seperator", ids, lastSpecial());
        Metadata metadata = () -> values;
        Vocabulary vocabulary = new Vocabulary(metadata, location, WordPieceTokenizer.DEFAULTS);
        return new HuggingFaceWordPiece(vocabulary, metadata, rules(model));
    }

    private HuggingFaceWordPiece.Rules rules(JsonNode model) {
        JsonNode normalizer = root.path("normalizer");
        boolean lowercase = normalizer.path("lowercase").asBoolean(true);
        JsonNode strips = normalizer.path("strip_accents");
        return new HuggingFaceWordPiece.Rules(normalizer.path("clean_text").asBoolean(true),
                normalizer.path("handle_chinese_chars").asBoolean(true),
                strips.isBoolean() ? strips.asBoolean() : lowercase, lowercase,
                model.path("max_input_chars_per_word").asInt(DEFAULT_MAX_WORD));
    }

    private void requireType(String name, JsonNode node, String expected) {
        String type = node.path("type").asText("");
        if (!type.equals(expected)) {
            throw new ModelFormatException(
                    "%s: %s '%s' is not supported; jnpu reads WordPiece with BERT's normalizer (%s)"
                            .formatted(location, name, ModelFormatException.printable(type), expected));
        }
    }

    private String[] tokens(JsonNode vocabulary) {
        int count = vocabulary.size();
        if (!vocabulary.isObject() || count == 0 || count > MAX_TOKENS) {
            throw new ModelFormatException("%s: model.vocab has %d tokens".formatted(location, count));
        }
        String[] tokens = new String[count];
        vocabulary.properties().forEach(entry -> {
            int id = entry.getValue().asInt(-1);
            if (id < 0 || id >= count || tokens[id] != null) {
                throw new ModelFormatException("%s: model.vocab: the ids of %d tokens do not run from 0, see '%s'"
                        .formatted(location, count, ModelFormatException.printable(entry.getKey())));
            }
            tokens[id] = entry.getKey();
        });
        return tokens;
    }

    private void putId(Map<String, Object> values, String role, Map<String, Integer> ids, String token) {
        Integer id = ids.get(token);
        if (id == null) {
            throw new ModelFormatException("%s: the token '%s' is not in model.vocab".formatted(location,
                    ModelFormatException.printable(token)));
        }
        values.put("tokenizer.ggml.%s_token_id".formatted(role), id);
    }

    private String firstSpecial() {
        return switch (root.path("post_processor").path("type").asText("")) {
            case "TemplateProcessing" -> special(root.path("post_processor").path("single").path(0), "[CLS]");
            case "BertProcessing" -> root.path("post_processor").path("cls").path(0).asText("[CLS]");
            default -> "[CLS]";
        };
    }

    private String lastSpecial() {
        JsonNode single = root.path("post_processor").path("single");
        return switch (root.path("post_processor").path("type").asText("")) {
            case "TemplateProcessing" -> special(single.path(single.size() - 1), "[SEP]");
            case "BertProcessing" -> root.path("post_processor").path("sep").path(0).asText("[SEP]");
            default -> "[SEP]";
        };
    }

    private static String special(JsonNode step, String otherwise) {
        return step.path("SpecialToken").path("id").asText(otherwise);
    }
}
