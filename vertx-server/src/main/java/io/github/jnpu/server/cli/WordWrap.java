package io.github.jnpu.server.cli;

/**
 * Breaks running text between words. What is not yet certain to fit (a word that may grow) is held back. Widths are counted in
 * code points; for one text and one thread.
 */
final class WordWrap {
    private final int width;
    private final StringBuilder word = new StringBuilder();
    private int wordLength;
    private int column;
    private boolean blank;

    /**
     * @param width
     *            of a line; 0 passes text on as it is
     */
    WordWrap(int width) {
        this.width = width;
    }

    /** What can be printed now. */
    String add(String text) {
        if (width == 0) {
            return text;
        }
        StringBuilder ready = new StringBuilder();
        text.codePoints().forEach(character -> {
            if (character == '\n') {
                place(ready);
                ready.append('\n');
                column = 0;
                blank = false;
            } else if (character == ' ') {
                place(ready);
                if (column == 0 || blank) {
                    // Indentation and runs of blanks are somebody's layout.
                    ready.append(' ');
                    column++;
                } else {
                    blank = true;
                }
            } else {
                word.appendCodePoint(character);
                wordLength++;
                if (wordLength >= width) {
                    place(ready);
                }
            }
        });
        return ready.toString();
    }

    private void place(StringBuilder ready) {
        if (word.isEmpty()) {
            return;
        }
        int gap = blank ? 1 : 0;
        if (column > 0 && blank && column + gap + wordLength > width) {
            ready.append('\n');
            column = 0;
        } else if (blank) {
            ready.append(' ');
            column++;
        }
        ready.append(word);
        column += wordLength;
        word.setLength(0);
        wordLength = 0;
        blank = false;
    }

    /** The rest, when no more text comes. */
    String finish() {
        StringBuilder ready = new StringBuilder();
        place(ready);
        column = 0;
        blank = false;
        return ready.toString();
    }
}
