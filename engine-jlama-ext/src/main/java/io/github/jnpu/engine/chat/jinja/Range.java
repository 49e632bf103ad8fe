package io.github.jnpu.engine.chat.jinja;

import java.util.AbstractList;

/** Python's {@code range}, at most 100,000 long as in Jinja2's sandbox. */
final class Range extends AbstractList<Object> {
    static final int MAX_LENGTH = 100_000;

    private final long start;
    private final long stop;
    private final long step;
    private final int length;

    Range(long start, long stop, long step) {
        if (step == 0) {
            throw new JinjaException("range() wants a step other than 0");
        }
        this.start = start;
        this.stop = stop;
        this.step = step;
        // In doubles, because the exact distance can exceed 64 bits; only the order of magnitude decides.
        double steps = Math.ceil(((double) stop - start) / step);
        if (steps > MAX_LENGTH) {
            throw new JinjaException("range() is longer than " + MAX_LENGTH);
        }
        this.length = (int) Math.max(0, steps);
    }

    @Override
    public Object get(int index) {
        return start + index * step;
    }

    @Override
    public int size() {
        return length;
    }

    @Override
    public String toString() {
        return "range(" + start + ", " + stop + (step == 1 ? "" : ", " + step) + ")";
    }
}
