package io.github.jnpu.samples.demo.corpus;

import java.util.List;
import java.util.Optional;

/**
 * One thing to know, with the ways to ask for it.
 *
 * @param smallTalk
 *            greetings, thanks, questions about the model itself
 * @param questions
 *            groups of phrasings without end mark, first letter as inside a sentence; one group stems from one pattern
 * @param answer
 *            whole sentences
 * @param more
 *            what to add when asked to go on
 */
public record Topic(String name, boolean smallTalk, List<List<String>> questions, String answer,
        Optional<String> more) {
    public Topic {
        questions = List.copyOf(questions);
        if (questions.isEmpty() || answer.isBlank()) {
            throw new IllegalArgumentException("topic '%s' lacks a question or its answer".formatted(name));
        }
    }
}
