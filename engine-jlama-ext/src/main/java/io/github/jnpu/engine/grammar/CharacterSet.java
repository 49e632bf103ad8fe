package io.github.jnpu.engine.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A set of Unicode scalar values, so without surrogates: pairs of first and last code point, sorted, apart from each other.
 * Immutable.
 */
final class CharacterSet {
    static final CharacterSet NONE = new CharacterSet(new int[0]);
    static final CharacterSet ALL = new CharacterSet(new int[]{0, 0xD7FF, 0xE000, Character.MAX_CODE_POINT});

    private final int[] bounds;

    private CharacterSet(int[] bounds) {
        this.bounds = bounds;
    }

    static CharacterSet of(String characters) {
        CharacterSet set = NONE;
        for (int point : characters.codePoints().toArray()) {
            set = set.or(range(point, point));
        }
        return set;
    }

    /** All from {@code first} to {@code last}, both included; surrogates are left out. */
    static CharacterSet range(int first, int last) {
        return new CharacterSet(new int[]{first, last}).and(ALL);
    }

    boolean isEmpty() {
        return bounds.length == 0;
    }

    int ranges() {
        return bounds.length / 2;
    }

    int first(int range) {
        return bounds[2 * range];
    }

    int last(int range) {
        return bounds[2 * range + 1];
    }

    boolean contains(int point) {
        for (int i = 0; i < bounds.length; i += 2) {
            if (point >= bounds[i] && point <= bounds[i + 1]) {
                return true;
            }
        }
        return false;
    }

    CharacterSet or(CharacterSet other) {
        List<int[]> all = new ArrayList<>();
        addTo(all);
        other.addTo(all);
        all.sort(Comparator.comparingInt(range -> range[0]));
        int[] joined = new int[2 * all.size()];
        int size = 0;
        for (int[] range : all) {
            if (size > 0 && range[0] <= joined[size - 1] + 1) {
                joined[size - 1] = Math.max(joined[size - 1], range[1]);
            } else {
                joined[size++] = range[0];
                joined[size++] = range[1];
            }
        }
        return new CharacterSet(Arrays.copyOf(joined, size));
    }

    private void addTo(List<int[]> ranges) {
        for (int i = 0; i < bounds.length; i += 2) {
            ranges.add(new int[]{bounds[i], bounds[i + 1]});
        }
    }

    CharacterSet and(CharacterSet other) {
        int[] common = new int[2 * (ranges() + other.ranges())];
        int size = 0;
        int i = 0;
        int j = 0;
        while (i < bounds.length && j < other.bounds.length) {
            int first = Math.max(bounds[i], other.bounds[j]);
            int last = Math.min(bounds[i + 1], other.bounds[j + 1]);
            if (first <= last) {
                common[size++] = first;
                common[size++] = last;
            }
            if (bounds[i + 1] < other.bounds[j + 1]) {
                i += 2;
            } else {
                j += 2;
            }
        }
        return new CharacterSet(Arrays.copyOf(common, size));
    }

    CharacterSet not() {
        int[] gaps = new int[bounds.length + 2];
        int size = 0;
        int next = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            if (bounds[i] > next) {
                gaps[size++] = next;
                gaps[size++] = bounds[i] - 1;
            }
            next = bounds[i + 1] + 1;
        }
        if (next <= Character.MAX_CODE_POINT) {
            gaps[size++] = next;
            gaps[size++] = Character.MAX_CODE_POINT;
        }
        return new CharacterSet(Arrays.copyOf(gaps, size)).and(ALL);
    }

    CharacterSet minus(CharacterSet other) {
        return and(other.not());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CharacterSet set && Arrays.equals(bounds, set.bounds);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bounds);
    }
}
