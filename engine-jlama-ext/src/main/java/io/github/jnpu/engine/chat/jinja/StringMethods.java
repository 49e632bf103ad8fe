package io.github.jnpu.engine.chat.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;

/** The methods of Python's {@code str} that templates call. */
final class StringMethods {
    private static final Set<String> NAMES = Set.of("startswith", "endswith", "strip", "lstrip", "rstrip", "split",
            "rsplit", "splitlines", "replace", "upper", "lower", "title", "capitalize", "swapcase", "casefold", "find",
            "rfind", "index", "rindex", "count", "join", "isdigit", "isdecimal", "isnumeric", "isalpha", "isalnum",
            "isspace", "isupper", "islower", "zfill", "ljust", "rjust", "center", "removeprefix", "removesuffix",
            "partition", "rpartition", "format");

    private final RenderBudget budget;
    private final PythonText text;
    private final PythonOperators operators;

    StringMethods(RenderBudget budget, PythonText text, PythonOperators operators) {
        this.budget = budget;
        this.text = text;
        this.operators = operators;
    }

    /** The method of this name with its string, or null. */
    Invocable method(String self, String name) {
        return NAMES.contains(name)
                ? arguments -> call(self, new CallArguments(name, arguments.positional(), arguments.named()))
                : null;
    }

    private Object call(String self, CallArguments arguments) {
        budget.spend(self.length() + 1L);
        return switch (arguments.function()) {
            case "startswith" -> affix(self, arguments, true);
            case "endswith" -> affix(self, arguments, false);
            case "strip" -> strip(self, arguments, true, true);
            case "lstrip" -> strip(self, arguments, true, false);
            case "rstrip" -> strip(self, arguments, false, true);
            case "split" -> split(self, arguments, false);
            case "rsplit" -> split(self, arguments, true);
            case "splitlines" -> lines(self, PythonOperators.truth(arguments.get(0, "keepends", false)));
            case "replace" -> replace(self, arguments.text(0, "old"), arguments.text(1, "new"),
                    arguments.integer(2, "count", -1));
            case "upper" -> self.toUpperCase(Locale.ROOT);
            case "lower", "casefold" -> self.toLowerCase(Locale.ROOT);
            case "title" -> title(self);
            case "capitalize" -> capitalize(self);
            case "swapcase" -> swapCase(self);
            case "find" -> find(self, arguments, false);
            case "rfind" -> find(self, arguments, true);
            case "index" -> found(find(self, arguments, false));
            case "rindex" -> found(find(self, arguments, true));
            case "count" -> count(self, arguments.text(0, "sub"));
            case "join" -> join(self, arguments.require(0, "iterable"));
            case "isdigit", "isdecimal", "isnumeric" -> all(self, Character::isDigit);
            case "isalpha" -> all(self, Character::isLetter);
            case "isalnum" -> all(self, Character::isLetterOrDigit);
            case "isspace" -> all(self, PythonText::isSpace);
            case "isupper" -> cased(self, Character::isUpperCase, Character::isLowerCase);
            case "islower" -> cased(self, Character::isLowerCase, Character::isUpperCase);
            case "zfill" -> zeroFill(self, arguments.integer(0, "width", 0));
            case "ljust" -> pad(self, arguments, 0, 1);
            case "rjust" -> pad(self, arguments, 1, 0);
            case "center" -> pad(self, arguments, 1, 1);
            case "removeprefix" -> {
                String prefix = arguments.text(0, "prefix");
                yield self.startsWith(prefix) ? self.substring(prefix.length()) : self;
            }
            case "removesuffix" -> {
                String suffix = arguments.text(0, "suffix");
                yield self.endsWith(suffix) ? self.substring(0, self.length() - suffix.length()) : self;
            }
            case "partition" -> partition(self, arguments.text(0, "sep"), false);
            case "rpartition" -> partition(self, arguments.text(0, "sep"), true);
            default -> new PythonFormat(budget, text).braces(self, arguments);
        };
    }

    String strip(String self, CallArguments arguments, boolean left, boolean right) {
        String characters = arguments.textOrNull(0, "chars");
        budget.spendProduct(self.length(), characters == null ? 1 : characters.length());
        return PythonText.strip(self, characters, left, right);
    }

    private static boolean affix(String self, CallArguments arguments, boolean start) {
        if (arguments.require(0, "prefix") instanceof Tuple affixes) {
            return affixes.stream().anyMatch(
                    affix -> affix instanceof String string && (start
                            ? self.startsWith(string)
                            : self.endsWith(
                                    string)));
        }
        String affix = arguments.text(0, "prefix");
        if (!start) {
            return self.endsWith(affix);
        }
        int from = Math.max(0, arguments.integer(1, "start", 0));
        return from <= self.length() && self.startsWith(affix, from);
    }

    private List<Object> split(String self, CallArguments arguments, boolean fromRight) {
        String separator = arguments.textOrNull(0, "sep");
        budget.spendSearch(self, separator == null ? "" : separator);
        int limit = arguments.integer(1, "maxsplit", -1);
        List<Object> result = separator == null
                ? splitBlanks(self, limit, fromRight)
                : splitAt(self, separator, limit, fromRight);
        budget.spendElements(result.size());
        return result;
    }

    private static List<Object> splitAt(String self, String separator, int limit, boolean fromRight) {
        if (separator.isEmpty()) {
            throw new JinjaException("empty separator");
        }
        List<Object> result = new ArrayList<>();
        if (fromRight) {
            int end = self.length();
            int at = self.lastIndexOf(separator);
            while (at >= 0 && result.size() != limit) {
                result.add(self.substring(at + separator.length(), end));
                end = at;
                at = at < separator.length() ? -1 : self.lastIndexOf(separator, at - separator.length());
            }
            result.add(self.substring(0, end));
            Collections.reverse(result);
            return result;
        }
        int start = 0;
        for (int at = self.indexOf(separator); at >= 0 && result.size() != limit; at = self.indexOf(separator, start)) {
            result.add(self.substring(start, at));
            start = at + separator.length();
        }
        result.add(self.substring(start));
        return result;
    }

    /** Splits at runs of blanks; only a rest that the limit leaves keeps the blanks at its far end. */
    private static List<Object> splitBlanks(String self, int limit, boolean fromRight) {
        List<Object> words = new ArrayList<>();
        int step = fromRight ? -1 : 1;
        int at = fromRight ? self.length() - 1 : 0;
        int end = fromRight ? -1 : self.length();
        while (true) {
            while (at != end && PythonText.isSpace(self.charAt(at))) {
                at += step;
            }
            if (at == end) {
                break;
            }
            if (words.size() == limit) {
                words.add(fromRight ? self.substring(0, at + 1) : self.substring(at));
                break;
            }
            int start = at;
            while (at != end && !PythonText.isSpace(self.charAt(at))) {
                at += step;
            }
            words.add(fromRight ? self.substring(at + 1, start + 1) : self.substring(start, at));
        }
        if (fromRight) {
            Collections.reverse(words);
        }
        return words;
    }

    static List<Object> lines(String self, boolean keepEnds) {
        List<Object> result = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < self.length(); i++) {
            char c = self.charAt(i);
            boolean end = c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029;
            if (end) {
                int after = c == '\r' && i + 1 < self.length() && self.charAt(i + 1) == '\n' ? i + 2 : i + 1;
                result.add(self.substring(start, keepEnds ? after : i));
                start = after;
                i = after - 1;
            }
        }
        if (start < self.length()) {
            result.add(self.substring(start));
        }
        return result;
    }

    String replace(String self, String old, String replacement, int limit) {
        long most = old.isEmpty() ? self.length() + 1L : self.length() / old.length();
        if (replacement.length() > old.length()) {
            long matches = old.isEmpty() ? most : count(self, old);
            budget.spendProduct(limit < 0 ? matches : Math.min(matches, limit), replacement.length());
        }
        budget.spendSearch(self, old);
        if (limit < 0) {
            return self.replace(old, replacement);
        }
        StringBuilder out = new StringBuilder();
        int start = 0;
        int searchFrom = 0;
        for (int i = 0; i < limit; i++) {
            int at = self.indexOf(old, searchFrom);
            if (at < 0 || searchFrom > self.length()) {
                break;
            }
            out.append(self, start, at).append(replacement);
            start = at + old.length();
            searchFrom = old.isEmpty() ? at + 1 : start;
        }
        return out.append(self.substring(start)).toString();
    }

    /** Each word's first letter upper, the others lower; any character that is no letter ends a word. */
    private static String title(String self) {
        StringBuilder out = new StringBuilder();
        boolean[] inWord = {false};
        self.codePoints().forEach(c -> {
            out.appendCodePoint(inWord[0] ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord[0] = Character.isLetter(c);
        });
        return out.toString();
    }

    static String capitalize(String self) {
        if (self.isEmpty()) {
            return self;
        }
        int first = Character.charCount(self.codePointAt(0));
        return self.substring(0, first).toUpperCase(Locale.ROOT) + self.substring(first).toLowerCase(Locale.ROOT);
    }

    private static String swapCase(String self) {
        StringBuilder out = new StringBuilder();
        self.codePoints().forEach(c -> out.appendCodePoint(
                Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c)));
        return out.toString();
    }

    private long find(String self, CallArguments arguments, boolean last) {
        String part = arguments.text(0, "sub");
        budget.spendSearch(self, part);
        int from = arguments.integer(1, "start", 0);
        int length = self.codePointCount(0, self.length());
        int start = self.offsetByCodePoints(0, Math.clamp(from < 0 ? (long) from + length : from, 0, length));
        int at = last ? self.lastIndexOf(part) : self.indexOf(part, start);
        return at < start ? -1 : self.codePointCount(0, at);
    }

    private static long found(long index) {
        if (index < 0) {
            throw new JinjaException("substring not found");
        }
        return index;
    }

    private long count(String self, String part) {
        budget.spendSearch(self, part);
        if (part.isEmpty()) {
            return self.codePointCount(0, self.length()) + 1L;
        }
        long result = 0;
        for (int at = self.indexOf(part); at >= 0; at = self.indexOf(part, at + part.length())) {
            result++;
        }
        return result;
    }

    private String join(String self, Object elements) {
        StringBuilder out = new StringBuilder();
        Iterator<?> iterator = operators.iterate(elements);
        boolean first = true;
        while (iterator.hasNext()) {
            if (!(iterator.next() instanceof String part)) {
                throw new JinjaException("join() wants strings");
            }
            budget.spend((long) self.length() + part.length() + 1);
            out.append(first ? "" : self).append(part);
            first = false;
        }
        return out.toString();
    }

    private static boolean all(String self, IntPredicate predicate) {
        return !self.isEmpty() && self.codePoints().allMatch(predicate);
    }

    static boolean cased(String self, IntPredicate wanted, IntPredicate unwanted) {
        return self.codePoints().anyMatch(wanted) && self.codePoints().noneMatch(unwanted);
    }

    private String zeroFill(String self, int width) {
        int missing = Math.max(0, width - self.length());
        budget.spend(missing);
        int sign = self.startsWith("-") || self.startsWith("+") ? 1 : 0;
        return self.substring(0, sign) + "0".repeat(missing) + self.substring(sign);
    }

    private String pad(String self, CallArguments arguments, int left, int right) {
        return pad(self, arguments.integer(0, "width", 0), arguments.text(1, "fillchar", " "), left, right);
    }

    String pad(String self, int width, String fill, int left, int right) {
        if (fill.codePointCount(0, fill.length()) != 1) {
            throw new JinjaException("The fill character must be exactly one character long");
        }
        int missing = Math.max(0, width - self.codePointCount(0, self.length()));
        budget.spend(missing);
        // Python puts the odd blank of a centred text on the left only if the width is odd too.
        int before = left == 0 ? 0 : right == 0 ? missing : missing / 2 + (missing & width & 1);
        return fill.repeat(before) + self + fill.repeat(missing - before);
    }

    private Tuple partition(String self, String separator, boolean last) {
        budget.spendSearch(self, separator);
        int at = last ? self.lastIndexOf(separator) : self.indexOf(separator);
        if (at < 0) {
            return last ? new Tuple("", "", self) : new Tuple(self, "", "");
        }
        return new Tuple(self.substring(0, at), separator, self.substring(at + separator.length()));
    }
}
