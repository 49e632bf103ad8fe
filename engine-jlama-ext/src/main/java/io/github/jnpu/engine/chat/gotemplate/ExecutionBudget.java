package io.github.jnpu.engine.chat.gotemplate;

/**
 * What one run of a template may spend: a model can come with any template. One unit is about one character written or one
 * node evaluated, paid before the work is done. Not thread-safe: one run, one budget.
 */
final class ExecutionBudget {
    private static final long BASE_UNITS = 32L << 20;
    private static final int UNITS_PER_INPUT_CHARACTER = 64;
    /** Templates that invoke templates, and expressions within. Go allows more than Java's stack holds. */
    private static final int MAX_DEPTH = 200;

    private final long units;
    private long left;
    private int depth;

    ExecutionBudget(long inputCharacters) {
        this.units = BASE_UNITS + UNITS_PER_INPUT_CHARACTER * Math.min(inputCharacters, 1L << 40);
        this.left = units;
    }

    void spend(long amount) {
        left -= amount;
        if (left < 0 || amount < 0) {
            throw new GoTemplateException(
                    "the template does more than a run may (" + units + " steps and characters); it may never end");
        }
    }

    void enter() {
        spend(1);
        if (++depth > MAX_DEPTH) {
            throw new GoTemplateException("the template nests more than " + MAX_DEPTH + " levels deep");
        }
    }

    void leave() {
        depth--;
    }
}
