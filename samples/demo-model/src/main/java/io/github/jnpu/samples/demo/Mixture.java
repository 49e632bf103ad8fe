package io.github.jnpu.samples.demo;

import io.github.jnpu.samples.demo.corpus.Conversation;
import io.github.jnpu.samples.demo.corpus.ConversationSource;

import java.util.List;
import java.util.Random;

/** Draws from several sources in proportion. */
final class Mixture implements ConversationSource {
    private final List<Part> parts;
    private final int sum;
    private final Random random;

    /**
     * A source and how often it is drawn from.
     *
     * @param weight
     *            positive
     */
    record Part(ConversationSource source, int weight) {}

    Mixture(List<Part> parts, long seed) {
        this.parts = List.copyOf(parts);
        this.sum = parts.stream().mapToInt(Part::weight).sum();
        this.random = new Random(seed);
    }

    @Override
    public Conversation next() {
        int at = random.nextInt(sum);
        for (Part part : parts) {
            at -= part.weight();
            if (at < 0) {
                return part.source().next();
            }
        }
        throw new AssertionError(parts);
    }
}
