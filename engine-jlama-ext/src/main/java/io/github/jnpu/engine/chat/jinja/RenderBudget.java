package io.github.jnpu.engine.chat.jinja;

/**
 * What one render may spend. A model file can carry any template; one that loops, recurses or grows text without end
 * ends with a {@link JinjaException} instead of a hang or an OutOfMemoryError.
 *
 * <p>One unit is about one character read or written or one expression evaluated; what takes more memory or time costs
 * more. So the units bound time (some two seconds) and memory (below 300 MB for the worst template found) alike; a long
 * conversation raises both. Not thread-safe: one render, one budget.
 */
final class RenderBudget {
    /** Far above what a template needs for a conversation: a few units a character. */
    private static final long BASE_UNITS = 64L << 20;
    private static final int UNITS_PER_INPUT_CHARACTER = 64;
    /** Nested calls, expressions, statements and values, together. */
    private static final int MAX_DEPTH = 400;
    /** An element of a list or dict, with the object that it is. */
    private static final int ELEMENT_UNITS = 16;
    private static final int SCOPE_UNITS = 32;

    private final long units;
    private long left;
    private int depth;

    RenderBudget(long inputCharacters) {
        this.units = BASE_UNITS + UNITS_PER_INPUT_CHARACTER * Math.min(inputCharacters, 1L << 40);
        this.left = units;
    }

    /** Pays before the work is done or the memory is taken. */
    void spend(long amount) {
        left -= amount;
        if (left < 0 || amount < 0) {
            throw new JinjaException(
                    "the template does more than a render may (" + units + " steps and characters); it may never end");
        }
    }

    void spendProduct(long a, long b) {
        long amount = Math.max(0, a) * Math.max(0, b);
        spend(Math.multiplyHigh(Math.max(0, a), Math.max(0, b)) != 0 || amount < 0 ? Long.MAX_VALUE : amount);
    }

    void spendElements(long count) {
        spendProduct(count, ELEMENT_UNITS);
    }

    void spendScope() {
        spend(SCOPE_UNITS);
    }

    /** Java looks for a part by trying each place, which costs the product of the lengths where the text repeats itself. */
    void spendSearch(String text, String part) {
        spendProduct(text.length(), 1 + part.length() / 32);
    }

    void enter() {
        spend(1);
        if (++depth > MAX_DEPTH) {
            throw new JinjaException("the template nests values or calls more than " + MAX_DEPTH + " levels deep");
        }
    }

    void leave() {
        depth--;
    }
}
