package io.github.jnpu.engine;

import java.util.List;
import java.util.Optional;

/**
 * Finds stop strings in a text that arrives in pieces, holding back what may be the beginning of one.
 *
 * <p>For one generation and one thread.
 */
final class StopSequences {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private String found;

    StopSequences(List<String> stops) {
        this.stops = stops;
    }

    /** Takes more text and gives back what is certain not to belong to a stop string. */
    String accept(String piece) {
        if (stops.isEmpty()) {
            return piece;
        }
        held.append(piece);
        int first = Integer.MAX_VALUE;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && at < first) {
                first = at;
                found = stop;
            }
        }
        if (found != null) {
            return take(first);
        }
        return take(held.length() - longestPossibleStart());
    }

    /** Whether a stop string has appeared; the text before it has been given back. */
    boolean found() {
        return found != null;
    }

    /** The stop string that has appeared first in the text. */
    Optional<String> match() {
        return Optional.ofNullable(found);
    }

    /** What was held back, when no more text comes. */
    String finish() {
        return found() ? "" : take(held.length());
    }

    private String take(int length) {
        String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }

    /** The length of the longest end of the held text with which some stop string begins. */
    private int longestPossibleStart() {
        int longest = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, held.length()); length > longest; length--) {
                if (endsWithStartOf(stop, length)) {
                    longest = length;
                }
            }
        }
        return longest;
    }

    private boolean endsWithStartOf(String stop, int length) {
        int offset = held.length() - length;
        for (int i = 0; i < length; i++) {
            if (held.charAt(offset + i) != stop.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
