package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.sampling.TokenMask;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Masks by state, those used last, up to a number of bytes. Thread-safe. */
final class MaskCache {
    /** Beside the mask itself: its objects, and the state that it keeps. */
    private static final int OVERHEAD = 1024;

    private final long capacity;
    private final Map<Key, TokenMask> masks = new LinkedHashMap<>(256, 0.75f, true);
    private long size;

    /** States of different grammars may be equal by their numbers, so identity counts. */
    private record Key(State state) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && key.state == state;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(state);
        }
    }

    MaskCache(long capacity) {
        this.capacity = capacity;
    }

    synchronized TokenMask get(State state) {
        return masks.get(new Key(state));
    }

    synchronized void put(State state, TokenMask mask) {
        if (masks.put(new Key(state), mask) == null) {
            size += mask.byteSize() + OVERHEAD;
        }
        Iterator<TokenMask> oldest = masks.values().iterator();
        while (size > capacity && oldest.hasNext()) {
            size -= oldest.next().byteSize() + OVERHEAD;
            oldest.remove();
        }
    }
}
