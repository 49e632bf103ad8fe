package io.github.jnpu.engine.grammar;

/**
 * What is to be done when a rule or a round of a count is complete: an entry of an automaton's stack. Interned, so equal frames
 * are the same object. Immutable.
 */
final class Frame {
    /** The {@link #count} of an entry that is no count. */
    static final int CALLED = -1;

    /** Where to go on, or the node that counts the rounds. */
    final Node node;
    /** Rounds done before this one, or {@link #CALLED}. */
    final int count;
    /** The entry below; null at the bottom. */
    final Frame parent;
    final int depth;
    private final int hash;

    Frame(Node node, int count, Frame parent) {
        this.node = node;
        this.count = count;
        this.parent = parent;
        this.depth = parent == null ? 1 : parent.depth + 1;
        this.hash = (node.id * 31 + count) * 0x9E3779B1 + (parent == null ? 0 : 31 * parent.hash) + depth;
    }

    /** The entry below is compared by identity, as it is interned. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Frame frame && frame.node == node && frame.count == count && frame.parent == parent;
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
