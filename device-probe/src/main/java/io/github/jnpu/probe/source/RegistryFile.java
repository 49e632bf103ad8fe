package io.github.jnpu.probe.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Keys and values of {@code reg export} files. Names are found whatever their case, as in the registry. Reading never throws: what cannot
 * be understood is left out and listed under {@link #problems()}. Not thread-safe while files are added.
 *
 * <p>The format is the one of "Windows Registry Editor Version 5.00" and of REGEDIT4: {@code [key]}, {@code "name"="text"},
 * {@code dword:}, {@code hex:} (binary), {@code hex(n):} with n the value's type; a backslash at the end of a line of bytes goes on in the
 * next. A text that contains a line break is written over several lines by Windows; it is left out here.
 */
final class RegistryFile {
    private static final int MAX_BYTES = 64 << 20;
    private static final int MAX_LINES = 2_000_000;
    private static final int MAX_KEYS = 200_000;
    /** The registry's own limits: 512 levels, 255 characters a name; device keys use a dozen levels. */
    private static final int MAX_LEVELS = 64;
    private static final int MAX_VALUE = 64 << 10;
    private static final int MAX_PROBLEMS = 20;

    private static final class Key {
        /** As they are written, because hardly any is asked for. */
        final Map<String, String> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        final Map<String, Key> children = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    }

    private final Key root = new Key();
    private final List<String> problems = new ArrayList<>();
    private int keys;

    /**
     * Adds a file's keys; of a value that was there before, the later one counts.
     *
     * @param name
     *            what problems call it
     */
    void add(String name, byte[] content) {
        if (content.length > MAX_BYTES) {
            problem("%s: more than %d MiB", name, MAX_BYTES >> 20);
            return;
        }
        List<String> lines = ExportedText.decode(content).lines().limit(MAX_LINES + 1L).toList();
        if (lines.size() > MAX_LINES) {
            problem("%s: more than %d lines", name, MAX_LINES);
            return;
        }
        if (lines.isEmpty()
                || !lines.getFirst().startsWith("Windows Registry Editor") && !lines.getFirst().startsWith("REGEDIT")) {
            problem("%s: not a registry export", name);
            return;
        }
        Key key = null;
        for (int at = 1; at < lines.size(); at++) {
            String line = lines.get(at).strip();
            if (line.startsWith("[")) {
                key = key(line);
                if (key == null && !line.startsWith("[-")) {
                    problem("%s, line %d: not a key that can be read", name, at + 1);
                }
            } else if (key != null && (line.startsWith("\"") || line.startsWith("@"))) {
                int first = at;
                StringBuilder joined = new StringBuilder(line);
                // Only bytes go on: a text may end with an escaped backslash before its quote, but never with a bare one.
                while (joined.length() > 0 && joined.charAt(joined.length() - 1) == '\\' && at + 1 < lines.size()
                        && joined.length() <= 4 * MAX_VALUE) {
                    joined.setLength(joined.length() - 1);
                    joined.append(lines.get(++at).strip());
                }
                if (!value(key, joined.toString())) {
                    problem("%s, line %d: not a value that can be read", name, first + 1);
                }
            }
        }
    }

    /** What could not be read, at most twenty entries. */
    List<String> problems() {
        return List.copyOf(problems);
    }

    /** A value: texts as they are, several separated by line breaks, numbers in decimal, bytes as {@code hex:0a1b}. */
    Optional<String> value(String key, String name) {
        return find(key).map(found -> found.values.get(name)).flatMap(RegistryFile::data);
    }

    /** Names of a key's subkeys, sorted without regard to case. */
    List<String> keys(String key) {
        return find(key).map(found -> List.copyOf(found.children.keySet())).orElse(List.of());
    }

    private Optional<Key> find(String path) {
        Key key = root;
        for (String name : path.split("\\\\")) {
            key = key.children.get(name);
            if (key == null) {
                return Optional.empty();
            }
        }
        return Optional.of(key);
    }

    private void problem(String format, Object... arguments) {
        if (problems.size() < MAX_PROBLEMS) {
            problems.add(format.formatted(arguments));
        }
    }

    /** The key that a line opens; null for a deleted one and for what is none. */
    private Key key(String line) {
        if (line.startsWith("[-") || !line.endsWith("]")) {
            return null;
        }
        String[] names = line.substring(1, line.length() - 1).split("\\\\", MAX_LEVELS + 1);
        if (names.length > MAX_LEVELS) {
            return null;
        }
        Key key = root;
        for (String name : names) {
            if (name.isEmpty()) {
                return null;
            }
            Key child = key.children.get(name);
            if (child == null) {
                if (++keys > MAX_KEYS) {
                    return null;
                }
                child = new Key();
                key.children.put(name, child);
            }
            key = child;
        }
        return key;
    }

    private static boolean value(Key key, String line) {
        if (line.length() > 4 * MAX_VALUE) {
            return false;
        }
        String name = "";
        int equals;
        if (line.startsWith("@")) {
            equals = 1;
        } else {
            int end = closingQuote(line, 0);
            if (end < 0) {
                return false;
            }
            name = unescape(line.substring(1, end));
            equals = end + 1;
        }
        if (equals >= line.length() || line.charAt(equals) != '=') {
            return false;
        }
        String data = line.substring(equals + 1);
        if (data.equals("-")) {
            // Takes a value away.
            return true;
        }
        if (!isData(data)) {
            return false;
        }
        key.values.put(name, data);
        return true;
    }

    /** Whether it looks like a value's data; that {@link #data} can read it is not said. */
    private static boolean isData(String text) {
        if (text.startsWith("\"")) {
            return closingQuote(text, 0) >= 0;
        }
        int colon = text.indexOf(':');
        String type = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
        if (!type.equals("dword") && !type.startsWith("hex")) {
            return false;
        }
        for (int at = colon + 1; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c != ',' && c != ' ' && Character.digit(c, 16) < 0) {
                return false;
            }
        }
        return true;
    }

    private static Optional<String> data(String text) {
        if (text.startsWith("\"")) {
            int end = closingQuote(text, 0);
            return end < 0 ? Optional.empty() : Optional.of(unescape(text.substring(1, end)));
        }
        int colon = text.indexOf(':');
        if (colon < 0) {
            return Optional.empty();
        }
        String type = text.substring(0, colon).toLowerCase(Locale.ROOT);
        String digits = text.substring(colon + 1).strip();
        if (type.equals("dword")) {
            try {
                return Optional.of(Long.toString(Integer.toUnsignedLong(Integer.parseUnsignedInt(digits, 16))));
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }
        if (!type.startsWith("hex")) {
            return Optional.empty();
        }
        return bytes(digits).flatMap(bytes -> switch (type) {
            case "hex" -> Optional.of(RegistryValue.text(RegistryValue.BINARY, bytes));
            case "hex(1)" -> Optional.of(RegistryValue.text(RegistryValue.TEXT, bytes));
            case "hex(2)" -> Optional.of(RegistryValue.text(RegistryValue.EXPANDABLE_TEXT, bytes));
            case "hex(4)" -> Optional.of(RegistryValue.text(RegistryValue.NUMBER_32, bytes));
            case "hex(7)" -> Optional.of(RegistryValue.text(RegistryValue.TEXTS, bytes));
            case "hex(b)" -> Optional.of(RegistryValue.text(RegistryValue.NUMBER_64, bytes));
            // Resource lists and types of drivers' own, such as DEVPROP values; nobody asks for them.
            default -> Optional.of(RegistryValue.text(RegistryValue.BINARY, bytes));
        });
    }

    private static Optional<byte[]> bytes(String list) {
        if (list.isEmpty()) {
            return Optional.of(new byte[0]);
        }
        String[] items = list.split(",", -1);
        byte[] bytes = new byte[items.length];
        try {
            for (int i = 0; i < items.length; i++) {
                int value = Integer.parseInt(items[i].strip(), 16);
                if (value < 0 || value > 0xFF) {
                    return Optional.empty();
                }
                bytes[i] = (byte) value;
            }
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
        return Optional.of(bytes);
    }

    /** Where the quote that opens at {@code from} closes; -1 if it does not. */
    private static int closingQuote(String text, int from) {
        for (int at = from + 1; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\\') {
                at++;
            } else if (c == '"') {
                return at;
            }
        }
        return -1;
    }

    private static String unescape(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\\' && at + 1 < text.length()) {
                at++;
                c = text.charAt(at);
            }
            plain.append(c);
        }
        return plain.toString();
    }
}
