package io.github.jnpu.engine.tokenizer;

/** Digits in threes counted from the right, as people write thousands. */
enum DigitGroups implements Splitter {
    /** {@code (?=(\d{3})+(?!\d))}: cuts between groups only; what stands before goes with the first. */
    BETWEEN {
        @Override
        public void split(CodePoints text, int start, int end, IntSequence ends) {
            for (int i = start; i < end;) {
                int run = asciiDigits(text, i, end);
                for (int cut = i + (run - i) % 3; cut < run; cut += 3) {
                    if (cut > start) {
                        ends.add(cut);
                    }
                }
                i = run + 1;
            }
            ends.add(end);
        }
    },
    /**
     * Any numbers; the first group takes the text before it along. So llama.cpp does for AFMoE, and for Cohere's
     * {@code \d{1,3}(?=(?:\d{3})*\b)} too.
     */
    WITH_TEXT_BEFORE {
        @Override
        public void split(CodePoints text, int start, int end, IntSequence ends) {
            int done = start;
            for (int i = start; i < end;) {
                int run = i;
                while (text.is(run, end, UnicodeClass.NUMBER)) {
                    run++;
                }
                if (run > i) {
                    int rest = (run - i) % 3;
                    for (int cut = i + (rest == 0 ? 3 : rest); cut <= run; cut += 3) {
                        ends.add(cut);
                    }
                    done = run;
                }
                i = run + 1;
            }
            if (done < end) {
                ends.add(end);
            }
        }
    };

    private static int asciiDigits(CodePoints text, int from, int end) {
        int i = from;
        while (i < end && text.points[i] >= '0' && text.points[i] <= '9') {
            i++;
        }
        return i;
    }
}
