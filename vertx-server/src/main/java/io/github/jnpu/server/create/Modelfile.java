package io.github.jnpu.server.create;

import io.github.jnpu.engine.chat.ChatMessage;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A Modelfile: instructions in the file's order, as {@link #parse} reads and {@link #toString} writes them.
 */
public record Modelfile(List<Instruction> instructions) {
    /** What stands at the beginning of an instruction, in any case. */
    public enum Keyword {
        FROM,
        PARAMETER,
        TEMPLATE,
        SYSTEM,
        ADAPTER,
        LICENSE,
        MESSAGE,
        RENDERER,
        PARSER,
        REQUIRES,
        DRAFT;

        private static String names() {
            return Arrays.stream(values()).map(keyword -> '"' + keyword.name().toLowerCase(Locale.ROOT) + '"')
                    .collect(Collectors.joining(", "));
        }
    }

    /**
     * One instruction.
     *
     * @param name
     *            the parameter's name or the message's role; empty for others
     */
    public record Instruction(Keyword keyword, String name, String argument) {
        public static Instruction of(Keyword keyword, String argument) {
            return new Instruction(keyword, "", argument);
        }

        @Override
        public String toString() {
            return keyword + " " + (name.isEmpty() ? "" : name + " ") + quoted(argument);
        }

        /** Quotes where the text would not be read back as it is. */
        private static String quoted(String text) {
            if (text.contains("\n") || text.contains("\"")) {
                return "\"\"\"" + text + "\"\"\"";
            }
            return text.isEmpty() || !text.equals(text.strip()) ? '"' + text + '"' : text;
        }
    }

    public Modelfile {
        instructions = List.copyOf(instructions);
    }

    /**
     * Reads a Modelfile.
     *
     * @param bytes
     *            UTF-8, or UTF-16 with a byte order mark
     * @throws RefusedModelException
     *             that names the line, if it is malformed or has no FROM
     */
    public static Modelfile parse(byte[] bytes) {
        return new Modelfile(new Reader(decode(bytes)).read());
    }

    private static String decode(byte[] bytes) {
        if (bytes.length > 1 && (bytes[0] == (byte) 0xff && bytes[1] == (byte) 0xfe || bytes[0] == (byte) 0xfe
                && bytes[1] == (byte) 0xff)) {
            return new String(bytes, StandardCharsets.UTF_16);
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.startsWith("\ufeff") ? text.substring(1) : text;
    }

    private static final class Reader {
        private final List<String> lines;
        private int line;

        Reader(String text) {
            this.lines = List.of(text.split("\r?\n", -1));
        }

        List<Instruction> read() {
            List<Instruction> instructions = new ArrayList<>();
            for (; line < lines.size(); line++) {
                String content = lines.get(line).strip();
                if (!content.isEmpty() && !content.startsWith("#")) {
                    instructions.add(instruction(content));
                }
            }
            if (instructions.stream().noneMatch(instruction -> instruction.keyword() == Keyword.FROM)) {
                throw new RefusedModelException("no FROM line");
            }
            return instructions;
        }

        private Instruction instruction(String content) {
            int number = line + 1;
            String[] words = content.split("\\s+", 2);
            Keyword keyword = Arrays.stream(Keyword.values()).filter(value -> value.name().equalsIgnoreCase(words[0]))
                    .findFirst()
                    .orElseThrow(() -> error(number, "command must be one of " + Keyword.names()));
            String rest = words.length > 1 ? words[1] : "";
            String name = "";
            if (keyword == Keyword.PARAMETER || keyword == Keyword.MESSAGE) {
                String[] pair = rest.split("\\s+", 2);
                name = pair[0].toLowerCase(Locale.ROOT);
                rest = pair.length > 1 ? pair[1] : "";
            }
            if (keyword == Keyword.MESSAGE && !List.of("system", "user", "assistant").contains(name)) {
                throw error(number, "message role must be one of \"system\", \"user\", or \"assistant\"");
            }
            if (rest.isEmpty()) {
                throw error(number, "%s needs a value".formatted(keyword));
            }
            return new Instruction(keyword, name, value(rest, number));
        }

        /** The text behind the keyword, without its quotes; quoted texts may go over several lines. */
        private String value(String first, int number) {
            String quote = first.startsWith("\"\"\"") ? "\"\"\"" : "\"";
            if (!first.startsWith(quote)) {
                return first;
            }
            StringBuilder text = new StringBuilder(rawLine(first).substring(quote.length()));
            while (true) {
                // A single quote ends at the end of a line only, so that "a" and "b" is a text too.
                int end = quote.length() == 3 ? closingQuotes(text) : closingQuote(text);
                if (end >= 0) {
                    if (!text.substring(end + quote.length()).isBlank()) {
                        throw error(line + 1, "unexpected text behind the closing quotes");
                    }
                    return text.substring(0, end);
                }
                if (++line == lines.size()) {
                    throw error(number, "the quotes are not closed");
                }
                text.append('\n').append(lines.get(line));
            }
        }

        /** The value with the blanks at the line's end, which belong to a text that goes on. */
        private String rawLine(String value) {
            String whole = lines.get(line);
            return whole.substring(whole.lastIndexOf(value));
        }

        /** The last three of a run of quotes: a text may end with one of its own. */
        private static int closingQuotes(StringBuilder text) {
            int end = text.indexOf("\"\"\"");
            while (end >= 0 && end + 3 < text.length() && text.charAt(end + 3) == '"') {
                end++;
            }
            return end;
        }

        private static int closingQuote(CharSequence text) {
            int last = text.length() - 1;
            while (last >= 0 && Character.isWhitespace(text.charAt(last))) {
                last--;
            }
            return last >= 0 && text.charAt(last) == '"' ? last : -1;
        }

        private static RefusedModelException error(int number, String problem) {
            return new RefusedModelException("(line %d): %s".formatted(number, problem));
        }
    }

    /** The arguments of all instructions of a kind, in order. */
    public List<String> arguments(Keyword keyword) {
        return instructions.stream().filter(instruction -> instruction.keyword() == keyword).map(
                Instruction::argument).toList();
    }

    /** The last argument of a kind: later instructions win. */
    public Optional<String> last(Keyword keyword) {
        return arguments(keyword).stream().reduce((first, second) -> second);
    }

    /** The conversation to begin with. */
    public List<ChatMessage> messages() {
        return instructions.stream().filter(instruction -> instruction.keyword() == Keyword.MESSAGE)
                .map(instruction -> ChatMessage.of(instruction.name(), instruction.argument())).toList();
    }

    /** The file's text. */
    @Override
    public String toString() {
        return instructions.stream().map(instruction -> instruction + "\n").collect(Collectors.joining());
    }
}
