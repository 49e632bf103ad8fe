package io.github.jnpu.samples.demo.corpus;

import java.util.List;
import java.util.Optional;

/** A chat to learn from. */
public record Conversation(Optional<String> system, List<Turn> turns) {

    /** What the user writes and what the model shall answer. */
    public record Turn(String question, String answer) {}

    public Conversation {
        turns = List.copyOf(turns);
    }

    public static Conversation of(String question, String answer) {
        return new Conversation(Optional.empty(), List.of(new Turn(question, answer)));
    }
}
