package io.github.jnpu.probe.source;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Remembers what was there and could not be read. Thread-safe; bounded, as a hostile tree has no end of it. */
final class UnreadLog {
    private static final int MAX_ENTRIES = 64;

    private final TreeSet<String> entries = new TreeSet<>();
    private int dropped;

    synchronized void add(String what, String why) {
        String entry = what + ": " + why;
        if (entries.contains(entry)) {
            return;
        }
        if (entries.size() == MAX_ENTRIES) {
            dropped++;
            return;
        }
        entries.add(entry);
    }

    synchronized List<String> entries() {
        List<String> all = new ArrayList<>(entries);
        if (dropped > 0) {
            all.add("and %d more".formatted(dropped));
        }
        return List.copyOf(all);
    }
}
