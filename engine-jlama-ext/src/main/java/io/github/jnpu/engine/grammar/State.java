package io.github.jnpu.engine.grammar;

import java.util.Arrays;

/**
 * Where an automaton may be after some bytes: a set of places that each wait for a byte, with their stacks. Immutable but for
 * the successors, which are found when they are first asked for. Thread-safe: all its other fields are final, and two threads that find
 * the same successor find the same object.
 */
final class State {
    /** Nothing can follow, and the text is not complete. */
    static final State DEAD = new State(null, new Node[0], new Frame[0], false, 0);

    final Automaton.Memory memory;
    final Node[] nodes;
    /** The stacks of {@link #nodes}; null for an empty one. */
    final Frame[] frames;
    /** Whether the text may end here. */
    final boolean accepts;
    /** By class of byte; null where not found yet. */
    final State[] successors;
    private final int hash;

    State(Automaton.Memory memory, Node[] nodes, Frame[] frames, boolean accepts, int classes) {
        this.memory = memory;
        this.nodes = nodes;
        this.frames = frames;
        this.accepts = accepts;
        this.successors = new State[classes];
        int code = accepts ? 1 : 0;
        for (int i = 0; i < nodes.length; i++) {
            code = code * 31 + nodes[i].id;
            code = code * 31 + (frames[i] == null ? 0 : frames[i].hashCode());
        }
        this.hash = code;
    }

    /** Whether no byte may follow. */
    boolean isFinal() {
        return nodes.length == 0;
    }

    /** Frames are compared by identity, as they are interned. */
    @Override
    public boolean equals(Object other) {
        if (!(other instanceof State state) || state.hash != hash || state.accepts != accepts
                || !Arrays.equals(state.nodes, nodes)) {
            return false;
        }
        for (int i = 0; i < frames.length; i++) {
            if (state.frames[i] != frames[i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
