package io.github.jnpu.probe;

import java.util.ArrayList;
import java.util.List;

/**
 * Makes texts from a machine fit for a terminal: a file or a USB stick can name itself with escape sequences. The records call it, so no
 * report can hold anything else.
 */
final class Texts {
    private static final int MAX_NAME = 200;
    private static final int MAX_SENTENCE = 2000;
    private static final int MAX_ENTRIES = 256;

    private Texts() {}

    static String name(String text) {
        return clean(text, MAX_NAME);
    }

    static String sentence(String text) {
        return clean(text, MAX_SENTENCE);
    }

    static List<String> names(List<String> texts) {
        List<String> names = new ArrayList<>();
        for (String text : texts.size() > MAX_ENTRIES ? texts.subList(0, MAX_ENTRIES) : texts) {
            names.add(name(text));
        }
        return List.copyOf(names);
    }

    private static String clean(String text, int max) {
        if (text.length() <= max && isPlain(text)) {
            return text;
        }
        StringBuilder clean = new StringBuilder(Math.min(text.length(), max));
        int[] points = text.codePoints().limit(max + 1L).toArray();
        for (int i = 0; i < Math.min(points.length, max); i++) {
            clean.appendCodePoint(isPrintable(points[i]) ? points[i] : '?');
        }
        return points.length > max ? clean.append('…').toString() : clean.toString();
    }

    /** Almost all are; the engine asks for the processor at each load, and streams take long the first time. */
    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }

    /** Format characters can turn the direction of writing, lone surrogates are no text at all. */
    private static boolean isPrintable(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                false;
            default -> true;
        };
    }
}
