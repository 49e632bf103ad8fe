package io.github.jnpu.engine.tokenizer;

/**
 * One step of a pre-tokenizer: what a vocabulary's authors wrote as a regular expression, matched by hand.
 *
 * <p>{@code java.util.regex} does not fit: it recurses per character and overflows the stack on long runs, and
 * llama.cpp's classes differ from it in places that change ids. Patterns keep no state and are thread-safe.
 */
@FunctionalInterface
interface WordPattern extends Splitter {

    /**
     * The longest match that the expression would find at exactly this position.
     *
     * @param start
     *            where the piece of text that is being split begins
     * @param end
     *            where it ends; nothing beyond is looked at
     * @return the end of the match, or -1
     */
    int match(CodePoints text, int position, int start, int end);

    /** The matches and what lies between them. */
    @Override
    default void split(CodePoints text, int start, int end, IntSequence ends) {
        int done = start;
        int position = start;
        while (position < end) {
            int matched = match(text, position, start, end);
            if (matched <= position) {
                position++;
                continue;
            }
            if (position > done) {
                ends.add(position);
            }
            ends.add(matched);
            position = matched;
            done = matched;
        }
        if (done < end) {
            ends.add(end);
        }
    }
}
