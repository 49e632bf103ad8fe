package io.github.jnpu.probe.source;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Text as Windows' own tools write it into files. Never throws, whatever the bytes. */
final class ExportedText {
    /** More columns or rows than any of the tables that support staff are asked for. */
    private static final int MAX_COLUMNS = 256;
    private static final int MAX_ROWS = 100_000;

    private ExportedText() {}

    /**
     * Decodes by the byte order mark: {@code reg export} and Windows PowerShell's redirection write UTF-16LE, PowerShell 7 UTF-8 without
     * any.
     */
    static String decode(byte[] bytes) {
        if (startsWith(bytes, 0xFF, 0xFE)) {
            return decode(bytes, 2, StandardCharsets.UTF_16LE);
        }
        if (startsWith(bytes, 0xFE, 0xFF)) {
            return decode(bytes, 2, StandardCharsets.UTF_16BE);
        }
        return decode(bytes, startsWith(bytes, 0xEF, 0xBB, 0xBF) ? 3 : 0, StandardCharsets.UTF_8);
    }

    /** The rows of an {@code Export-Csv} file by the names in its first line. A row that has more fields than names loses them. */
    static List<Map<String, String>> table(String text) {
        List<Map<String, String>> rows = new ArrayList<>();
        List<String> names = List.of();
        for (String line : (Iterable<String>) text.lines().limit(MAX_ROWS)::iterator) {
            // Windows PowerShell writes "#TYPE ..." first unless it is told not to.
            if (line.isBlank() || line.startsWith("#TYPE")) {
                continue;
            }
            List<String> fields = fields(line);
            if (names.isEmpty()) {
                names = fields;
                continue;
            }
            Map<String, String> row = new LinkedHashMap<>();
            for (int column = 0; column < Math.min(names.size(), fields.size()); column++) {
                row.put(names.get(column), fields.get(column));
            }
            rows.add(row);
        }
        return rows;
    }

    private static List<String> fields(String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int at = 0; at < line.length() && fields.size() < MAX_COLUMNS; at++) {
            char c = line.charAt(at);
            if (c == '"') {
                if (quoted && at + 1 < line.length() && line.charAt(at + 1) == '"') {
                    field.append('"');
                    at++;
                } else {
                    quoted = !quoted;
                }
            } else if (c == ',' && !quoted) {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        fields.add(field.toString());
        return fields;
    }

    private static String decode(byte[] bytes, int from, Charset charset) {
        return new String(bytes, from, bytes.length - from, charset);
    }

    private static boolean startsWith(byte[] bytes, int... mark) {
        if (bytes.length < mark.length) {
            return false;
        }
        for (int i = 0; i < mark.length; i++) {
            if ((bytes[i] & 0xFF) != mark[i]) {
                return false;
            }
        }
        return true;
    }
}
