package io.github.jnpu.samples.demo.corpus;

import java.util.List;

/**
 * Texts and questions about them.
 *
 * @param passages
 *            each a list of sentences
 * @param asked
 *            at least one question with its answer, which is one of the sentences or {@link #NOT_SAID}
 */
record PassageTask(List<List<String>> passages, List<Asked> asked) {
    static final String NOT_SAID = "The text does not say.";

    record Asked(String question, String answer) {}

    PassageTask {
        passages = List.copyOf(passages);
        asked = List.copyOf(asked);
    }
}
