package io.github.jnpu.server.create;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/** Whether a text can be a Go template at all: its actions and blocks are closed. What is in the actions is not looked at. */
final class TemplateSyntax {
    private static final Set<String> OPENING = Set.of("if", "range", "with", "block", "define");

    private final String text;
    private final Deque<String> open = new ArrayDeque<>();

    private TemplateSyntax(String text) {
        this.text = text;
    }

    /**
     * Checks a template.
     *
     * @throws RefusedModelException
     *             if something is not closed
     */
    static void check(String template) {
        new TemplateSyntax(template).check();
    }

    private void check() {
        for (int start = text.indexOf("{{"); start >= 0; start = text.indexOf("{{", start)) {
            int end = end(start + 2);
            action(text.substring(start + 2, end), start);
            start = end + 2;
        }
        if (!open.isEmpty()) {
            throw error(text.length(), "unexpected EOF");
        }
    }

    /** Where the action's closing braces are; those in quotes and comments do not count. */
    private int end(int from) {
        char quote = 0;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                if (c == '\\' && quote != '`') {
                    i++;
                } else if (c == quote) {
                    quote = 0;
                }
            } else if (c == '"' || c == '`' || c == '\'') {
                quote = c;
            } else if (text.startsWith("/*", i)) {
                int close = text.indexOf("*/", i + 2);
                if (close < 0) {
                    throw error(from, "unclosed comment");
                }
                i = close + 1;
            } else if (text.startsWith("}}", i)) {
                return i;
            }
        }
        throw error(from, "unclosed action");
    }

    private void action(String content, int position) {
        String word = content.replaceFirst("^-?\\s*", "").split("[\\s(-]", 2)[0];
        if (OPENING.contains(word)) {
            open.push(word);
        } else if (word.equals("end")) {
            if (open.poll() == null) {
                throw error(position, "unexpected {{end}}");
            }
        } else if (word.equals("else") && open.isEmpty()) {
            throw error(position, "unexpected {{else}}");
        }
    }

    private RefusedModelException error(int position, String problem) {
        long line = 1 + text.substring(0, position).chars().filter(c -> c == '\n').count();
        return new RefusedModelException("template error: template: :%d: %s".formatted(line, problem));
    }
}
