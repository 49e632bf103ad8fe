package io.github.jnpu.engine.grammar;

/** A set of byte values, 0 to 255. Immutable. */
record ByteSet(long a, long b, long c, long d) {
    static final ByteSet EMPTY = new ByteSet(0, 0, 0, 0);

    static ByteSet of(int value) {
        return range(value, value);
    }

    /** All from {@code first} to {@code last}, both included. */
    static ByteSet range(int first, int last) {
        return new ByteSet(word(first, last, 0), word(first, last, 64), word(first, last, 128), word(first, last, 192));
    }

    private static long word(int first, int last, int base) {
        int from = Math.max(first - base, 0);
        int to = Math.min(last - base, 63);
        return from > to ? 0 : -1L >>> 63 - (to - from) << from;
    }

    boolean contains(int value) {
        long word = switch (value >> 6) {
            case 0 -> a;
            case 1 -> b;
            case 2 -> c;
            default -> d;
        };
        return (word >>> value & 1) != 0;
    }

    ByteSet or(ByteSet other) {
        return new ByteSet(a | other.a, b | other.b, c | other.c, d | other.d);
    }

    ByteSet not() {
        return new ByteSet(~a, ~b, ~c, ~d);
    }
}
