package io.github.jnpu.engine.tokenizer;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Cuts the tokens that stand for themselves out of a text before the rest is encoded: control and unknown tokens where
 * they are asked for, user-defined ones always. The longest go first, as in llama.cpp. Immutable and thread-safe.
 */
final class SpecialTokenSplitter {
    static final int SEARCHED = TokenType.CONTROL | TokenType.USER_DEFINED | TokenType.UNKNOWN;

    /** A part of the text, or the token that stands there if its id is not negative. */
    record Part(int start, int end, int token) {
        boolean isText() {
            return token < 0;
        }
    }

    private static final class Node {
        final Map<Character, Node> children = new HashMap<>(4);
        /** The place in {@link #tokens} of the token that ends here, or -1. */
        int token = -1;
    }

    private final Vocabulary vocabulary;
    /** The searched tokens, the longest in bytes first. */
    private final int[] tokens;
    private final Node root = new Node();

    SpecialTokenSplitter(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        List<Integer> searched = new ArrayList<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.is(id, SEARCHED)) {
                searched.add(id);
            }
        }
        searched.sort(Comparator.comparing((Integer id) -> -vocabulary.utf8(id).length));
        tokens = searched.stream().mapToInt(Integer::intValue).toArray();
        for (int i = 0; i < tokens.length; i++) {
            Node node = root;
            String piece = vocabulary.piece(tokens[i]);
            for (int j = 0; j < piece.length(); j++) {
                node = node.children.computeIfAbsent(piece.charAt(j), c -> new Node());
            }
            node.token = i;
        }
    }

    /**
     * The parts of a text in order.
     *
     * @param all
     *            whether control and unknown tokens are looked for too
     */
    List<Part> split(String text, boolean all) {
        if (text.isEmpty()) {
            return List.of();
        }
        List<Part> parts = List.of(new Part(0, text.length(), -1));
        BitSet present = present(text, all);
        for (int i = present.nextSetBit(0); i >= 0; i = present.nextSetBit(i + 1)) {
            parts = cut(text, parts, tokens[i]);
        }
        return parts;
    }

    /** Which tokens occur at all: most texts have none, and searching for each of thousands would take its time. */
    private BitSet present(String text, boolean all) {
        BitSet present = new BitSet(tokens.length);
        for (int i = 0; i < text.length(); i++) {
            Node node = root.children.get(text.charAt(i));
            for (int j = i + 1; node != null; j++) {
                if (node.token >= 0
                        && (all || !vocabulary.is(tokens[node.token], TokenType.CONTROL | TokenType.UNKNOWN))) {
                    present.set(node.token);
                }
                node = j < text.length() ? node.children.get(text.charAt(j)) : null;
            }
        }
        return present;
    }

    private List<Part> cut(String text, List<Part> parts, int token) {
        String piece = vocabulary.piece(token);
        boolean stripsLeft = vocabulary.is(token, TokenType.STRIPS_LEFT);
        boolean stripsRight = vocabulary.is(token, TokenType.STRIPS_RIGHT);
        List<Part> result = new ArrayList<>(parts.size() + 2);
        for (Part part : parts) {
            if (!part.isText()) {
                result.add(part);
                continue;
            }
            int start = part.start;
            while (start < part.end) {
                int found = text.indexOf(piece, start, part.end);
                if (found < 0) {
                    result.add(new Part(start, part.end, -1));
                    break;
                }
                int left = found;
                while (stripsLeft && left > start && isCSpace(text.charAt(left - 1))) {
                    left--;
                }
                if (left > start) {
                    result.add(new Part(start, left, -1));
                }
                result.add(new Part(found, found + piece.length(), token));
                start = found + piece.length();
                while (stripsRight && start < part.end && isCSpace(text.charAt(start))) {
                    start++;
                }
            }
        }
        return result;
    }

    /** C's isspace. */
    private static boolean isCSpace(char c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }
}
