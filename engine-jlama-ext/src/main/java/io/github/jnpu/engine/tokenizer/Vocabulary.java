package io.github.jnpu.engine.tokenizer;

import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The tokens of a model file with their types, scores and roles; what all kinds of tokenizer share. */
final class Vocabulary {
    static final int NONE = -1;

    /** What a kind of tokenizer assumes where the file is silent; an id of -1 is none. */
    record Defaults(int bos, int eos, int unknown, int separator, boolean addsBos, boolean addsEos) {}

    final int bos;
    final int eos;
    final int unknown;
    final int separator;
    final boolean addsBos;
    final boolean addsEos;
    /** Where the vocabulary came from, for messages. */
    final String location;

    private final String[] pieces;
    private final int[] types;
    private final float[] scores;
    private final Map<String, Integer> ids;
    private final BitSet endOfGeneration;

    Vocabulary(ModelSource source, Defaults defaults) {
        this(source.metadata(), source.location(), defaults);
    }

    Vocabulary(Metadata metadata, String where, Defaults defaults) {
        location = where;
        pieces = pieces(metadata, location);
        ids = index(pieces, location);
        types = types(metadata);
        scores = scores(metadata);
        bos = role(metadata, "bos", defaults.bos);
        eos = role(metadata, "eos", defaults.eos);
        unknown = role(metadata, "unknown", defaults.unknown);
        // GGUF's key really is misspelt so.
        separator = role(metadata, "seperator", defaults.separator);
        addsBos = metadata.bool("tokenizer.ggml.add_bos_token").orElse(defaults.addsBos);
        addsEos = metadata.bool("tokenizer.ggml.add_eos_token").orElse(defaults.addsEos);
        require(addsBos, bos, "add_bos_token", "bos_token_id");
        require(addsEos, eos, "add_eos_token", "eos_token_id");
        endOfGeneration = new SpecialTokens(metadata, this, types).endOfGeneration();
    }

    int size() {
        return pieces.length;
    }

    String piece(int id) {
        return pieces[check(id)];
    }

    float score(int id) {
        return scores[id];
    }

    boolean is(int id, int typeMask) {
        return (types[check(id)] & typeMask) != 0;
    }

    /** Whether the token is text and nothing else. */
    boolean isPlain(int id) {
        return types[id] == TokenType.NORMAL;
    }

    boolean isEndOfGeneration(int id) {
        return endOfGeneration.get(check(id));
    }

    /** The id of a token by its exact spelling, or -1. */
    int idOf(String piece) {
        return ids.getOrDefault(piece, NONE);
    }

    /** The id of the token that stands for a byte, {@code <0x0A>} or else the byte as text, or -1. */
    int idOfByte(int value) {
        int id = idOf("<0x%02X>".formatted(value));
        return id >= 0 || value >= 0x80 ? id : idOf(String.valueOf((char) value));
    }

    /** The byte that a token of type BYTE stands for, or -1 if it is not spelled as one. */
    int byteOf(int id) {
        String piece = pieces[id];
        if (piece.length() == 6 && piece.startsWith("<0x") && piece.endsWith(">")) {
            int high = Character.digit(piece.charAt(3), 16);
            int low = Character.digit(piece.charAt(4), 16);
            if (high >= 0 && low >= 0) {
                return high << 4 | low;
            }
        }
        return NONE;
    }

    static OptionalInt optional(int id) {
        return id >= 0 ? OptionalInt.of(id) : OptionalInt.empty();
    }

    private int check(int id) {
        if (id < 0 || id >= pieces.length) {
            throw new IllegalArgumentException(
                    "token %d is not in the vocabulary of %d tokens".formatted(id, pieces.length));
        }
        return id;
    }

    private static String[] pieces(Metadata metadata, String location) {
        List<String> tokens = metadata.strings("tokenizer.ggml.tokens");
        if (tokens.isEmpty()) {
            throw new ModelFormatException(
                    "%s: metadata 'tokenizer.ggml.tokens' is missing or empty, so the file has no vocabulary"
                            .formatted(location));
        }
        String[] pieces = tokens.toArray(String[]::new);
        for (int id = 0; id < pieces.length; id++) {
            if (pieces[id].isEmpty()) {
                pieces[id] = "[EMPTY_" + id + "]";
            }
        }
        return pieces;
    }

    private static Map<String, Integer> index(String[] pieces, String location) {
        Map<String, Integer> ids = HashMap.newHashMap(pieces.length);
        for (int id = 0; id < pieces.length; id++) {
            Integer other = ids.putIfAbsent(pieces[id], id);
            // A token whose bytes are no UTF-8 was read with U+FFFD in it: two of them may only look alike.
            if (other != null && pieces[id].indexOf(CodePoints.REPLACEMENT) < 0) {
                throw new ModelFormatException(
                        "%s: metadata 'tokenizer.ggml.tokens' has the token '%s' twice, as %d and %d"
                                .formatted(location, printable(pieces[id]), other, id));
            }
        }
        return ids;
    }

    private static String printable(String piece) {
        StringBuilder text = new StringBuilder();
        piece.codePoints().limit(60).forEach(point -> {
            if (Character.isISOControl(point)) {
                text.append("\\u%04x".formatted(point));
            } else {
                text.appendCodePoint(point);
            }
        });
        return text.toString();
    }

    private int[] types(Metadata metadata) {
        String key = "tokenizer.ggml.token_type";
        int[] types = new int[pieces.length];
        Optional<MetadataArray> array = metadata.array(key);
        if (array.isEmpty()) {
            Arrays.fill(types, TokenType.NORMAL);
            return types;
        }
        int[] inFile = array.get().integers(key);
        requireLength(key, inFile.length);
        for (int id = 0; id < types.length; id++) {
            types[id] = TokenType.of(inFile[id]);
        }
        return types;
    }

    private float[] scores(Metadata metadata) {
        String key = "tokenizer.ggml.scores";
        Optional<MetadataArray> array = metadata.array(key);
        if (array.isEmpty()) {
            return new float[pieces.length];
        }
        float[] scores;
        if (array.get().elements() instanceof int[] whole) {
            scores = new float[whole.length];
            for (int i = 0; i < whole.length; i++) {
                scores[i] = whole[i];
            }
        } else {
            scores = array.get().floats(key);
        }
        requireLength(key, scores.length);
        return scores;
    }

    private void requireLength(String key, int length) {
        if (length < pieces.length) {
            throw new ModelFormatException(
                    "%s: metadata '%s' has %d entries for %d tokens".formatted(location, key, length,
                            pieces.length));
        }
    }

    /** The id in {@code tokenizer.ggml.NAME_token_id}; one out of range counts as absent, as files use 0xFFFFFFFF for none. */
    private int role(Metadata metadata, String name, int fallback) {
        String key = "tokenizer.ggml." + name + "_token_id";
        long id = metadata.integer(key).orElse((long) fallback);
        if (id >= 0 && id < pieces.length) {
            return (int) id;
        }
        if (metadata.contains(key)) {
            // Not in a constant: the first logger of a process takes longer than a vocabulary.
            System.getLogger(Vocabulary.class.getName()).log(System.Logger.Level.DEBUG,
                    "{0}: metadata ''{1}'' is {2}, beyond the vocabulary of {3} tokens; ignored",
                    location, key, Long.toString(id), pieces.length);
        }
        return fallback >= 0 && fallback < pieces.length ? fallback : NONE;
    }

    private void require(boolean added, int id, String flag, String key) {
        if (added && id < 0) {
            throw new ModelFormatException(
                    "%s: metadata 'tokenizer.ggml.%s' is true, but 'tokenizer.ggml.%s' names no token of the vocabulary"
                            .formatted(location, flag, key));
        }
    }

    /** The id that metadata gives a role that has no default, or -1. */
    int role(Metadata metadata, String name) {
        return role(metadata, name, NONE);
    }

    /** The token's spelling in UTF-8. */
    byte[] utf8(int id) {
        return pieces[id].getBytes(StandardCharsets.UTF_8);
    }
}
