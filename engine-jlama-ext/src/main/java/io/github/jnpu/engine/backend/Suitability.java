package io.github.jnpu.engine.backend;

/** How well a backend can run a stage of a graph, or why it cannot. */
public sealed interface Suitability {

    /**
     * It can.
     *
     * @param score
     *            higher is better; the scalar reference has 1, the Vector API 100
     */
    record Suitable(int score) implements Suitability {}

    /**
     * It cannot.
     *
     * @param reason
     *            one line, with the remedy where there is one
     */
    record Unsuitable(String reason) implements Suitability {}
}
