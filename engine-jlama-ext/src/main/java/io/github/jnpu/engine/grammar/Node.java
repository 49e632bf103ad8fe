package io.github.jnpu.engine.grammar;

/** A place in a rule. Nodes form cycles, so their targets are set after they are made; nothing changes once they are built. */
final class Node {
    enum Kind {
        /** Reads a byte of {@link #bytes}, goes to {@link #next}. */
        BYTES,
        /** Goes to any of {@link #targets} without reading. */
        SPLIT,
        /** Derives a rule that begins at {@link #body}, goes on at {@link #next}. */
        CALL,
        /** Derives {@link #body} from {@link #min} to {@link #max} times, goes on at {@link #next}. */
        COUNT,
        /** The rule, or one round of a count, is complete. */
        END
    }

    final int id;
    final Kind kind;
    ByteSet bytes = ByteSet.EMPTY;
    Node next;
    Node body;
    Node[] targets = {};
    int min;
    int max;

    Node(int id, Kind kind) {
        this.id = id;
        this.kind = kind;
    }
}
