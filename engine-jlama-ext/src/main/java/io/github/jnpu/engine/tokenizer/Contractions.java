package io.github.jnpu.engine.tokenizer;

/** English contractions: {@code 's 't 'm 'd 're 've 'll}. */
final class Contractions {
    private Contractions() {}

    /** The end of the contraction at this position, or -1. */
    static int end(CodePoints text, int position, int end, boolean ignoreCase) {
        if (position + 1 >= end || text.points[position] != '\'') {
            return -1;
        }
        int first = fold(text.points[position + 1], ignoreCase);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return position + 2;
        }
        if (position + 2 < end) {
            int second = fold(text.points[position + 2], ignoreCase);
            if ((first == 'r' || first == 'v') && second == 'e' || first == 'l' && second == 'l') {
                return position + 3;
            }
        }
        return -1;
    }

    // ASCII only: Unicode would fold the long s into s, which llama.cpp does not.
    private static int fold(int point, boolean ignoreCase) {
        return ignoreCase && point >= 'A' && point <= 'Z' ? point + 32 : point;
    }
}
