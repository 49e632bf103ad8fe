package io.github.jnpu.engine.backend.cpu;

import java.util.List;

/** Where the texts of a batch begin, and where in its text each token stands. Written before a run, read by all workers. */
final class TextLayout {
    /** The first token of each text; behind the last, how many there are. */
    int[] starts = {0};
    final int[] positions;

    TextLayout(int maxTokens) {
        positions = new int[maxTokens];
    }

    int texts() {
        return starts.length - 1;
    }

    /**
     * Lays texts side by side.
     *
     * @return their ids
     */
    int[] place(List<int[]> texts) {
        int[] begins = new int[texts.size() + 1];
        for (int i = 0; i < texts.size(); i++) {
            begins[i + 1] = begins[i] + texts.get(i).length;
        }
        int[] tokens = new int[begins[texts.size()]];
        for (int i = 0; i < texts.size(); i++) {
            System.arraycopy(texts.get(i), 0, tokens, begins[i], texts.get(i).length);
            for (int at = begins[i]; at < begins[i + 1]; at++) {
                positions[at] = at - begins[i];
            }
        }
        starts = begins;
        return tokens;
    }
}
