package io.github.jnpu.engine.chat.tool;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Reads what stands between an opening tag, or a call, and the next object. */
final class Preamble {
    /** Far more than tags and a name take. */
    private static final int MAX_LENGTH = 512;
    private static final String PUNCTUATION = " \t\r\n[],;}";
    private static final String CALL_ID = "[CALL_ID]";

    private final ToolCallSyntax syntax;
    private final Set<String> names;
    private final List<String> tags;

    /** What a preamble comes to. */
    sealed interface Reading {
        /** It may go on in several ways. */
        record Undecided() implements Reading {}

        /** An object can follow, of this function where its name came before. */
        record Ready(String name) implements Reading {}

        /** A closing tag ended it. */
        record Closed() implements Reading {}

        /** From this place on it is something else. */
        record Foreign(int at) implements Reading {}
    }

    Preamble(ToolCallSyntax syntax, Set<String> names) {
        this.syntax = syntax;
        this.names = names;
        this.tags = Stream.of(syntax.closings(), syntax.openings(), syntax.fillers()).flatMap(List::stream).toList();
    }

    /**
     * Reads what has come so far.
     *
     * @return {@link Reading.Ready} also means that more may come before the object
     */
    Reading read(CharSequence soFar) {
        String text = soFar.toString();
        if (text.length() > MAX_LENGTH) {
            return new Reading.Foreign(0);
        }
        String name = "";
        int at = 0;
        int solid = 0;
        while (at < text.length()) {
            String tag = tagAt(text, at);
            // "```" may go on to be "```json".
            if (text.length() - at > tag.length() && mayBecomeTag(text.substring(at))) {
                return new Reading.Undecided();
            }
            if (tag.equals(CALL_ID)) {
                at += tag.length();
                while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
                    at++;
                }
                solid = at;
            } else if (!tag.isEmpty()) {
                if (syntax.closings().contains(tag)) {
                    return new Reading.Closed();
                }
                at += tag.length();
                solid = at;
            } else if (PUNCTUATION.indexOf(text.charAt(at)) >= 0) {
                boolean space = Character.isWhitespace(text.charAt(at));
                at++;
                solid = space ? solid : at;
            } else if (name.isEmpty()) {
                String rest = text.substring(at);
                String known = names.stream().filter(rest::startsWith).reduce("", (a, b) -> a.length() >= b.length()
                        ? a
                        : b);
                if (names.stream().anyMatch(longer -> longer.startsWith(rest) && longer.length() > known.length())) {
                    return new Reading.Undecided();
                }
                if (known.isEmpty()) {
                    return new Reading.Foreign(solid);
                }
                name = known;
                at += known.length();
            } else {
                return new Reading.Foreign(solid);
            }
        }
        return new Reading.Ready(name);
    }

    private String tagAt(String text, int at) {
        return tags.stream().filter(tag -> text.startsWith(tag, at)).reduce("", (a, b) -> a.length() >= b.length()
                ? a
                : b);
    }

    /** Whether more characters could make this one tag; a bracket alone is punctuation to objects and lists. */
    private boolean mayBecomeTag(String rest) {
        return !rest.equals("[") && tags.stream().anyMatch(tag -> tag.startsWith(rest) && tag.length() > rest
                .length());
    }
}
