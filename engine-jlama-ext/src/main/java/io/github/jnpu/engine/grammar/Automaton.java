package io.github.jnpu.engine.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A pushdown automaton over bytes that is made deterministic while it runs: a {@link State} is the set of all stacks that the
 * bytes so far allow, and each is worked out once. Thread-safe.
 */
final class Automaton {
    /** States and frames that are remembered; when there are more, all are forgotten and those in use come again. */
    private static final int MAX_STATES = 40_000;
    private static final int MAX_FRAMES = 400_000;
    /** Alternatives that may be open at once. */
    private static final int MAX_STACKS = 20_000;

    private final Node start;
    /** Bytes that no place tells apart share a class. */
    private final byte[] classOf;
    private final int[] representatives;
    private volatile Memory memory = new Memory();

    /** What has been worked out so far. */
    static final class Memory {
        private final ConcurrentHashMap<State, State> states = new ConcurrentHashMap<>();
        private final ConcurrentHashMap<Frame, Frame> frames = new ConcurrentHashMap<>();

        private boolean isFull() {
            return states.size() > MAX_STATES || frames.size() > MAX_FRAMES;
        }

        private Frame frame(Node node, int count, Frame parent) {
            Frame frame = new Frame(node, count, parent);
            Frame known = frames.putIfAbsent(frame, frame);
            return known == null ? frame : known;
        }
    }

    Automaton(Node start, Set<ByteSet> sets) {
        this.start = start;
        classOf = new byte[256];
        List<Integer> firsts = new ArrayList<>();
        List<ByteSet> all = List.copyOf(sets);
        Map<List<Boolean>, Integer> classes = new HashMap<>();
        for (int value = 0; value < 256; value++) {
            List<Boolean> signature = new ArrayList<>(all.size());
            for (ByteSet set : all) {
                signature.add(set.contains(value));
            }
            Integer known = classes.putIfAbsent(signature, firsts.size());
            if (known == null) {
                known = firsts.size();
                firsts.add(value);
            }
            classOf[value] = known.byteValue();
        }
        representatives = firsts.stream().mapToInt(Integer::intValue).toArray();
    }

    int classes() {
        return representatives.length;
    }

    /** The class of a byte, 0 to {@link #classes()} - 1. */
    int classOf(byte value) {
        return classOf[value & 0xFF] & 0xFF;
    }

    State start() {
        Closure closure = new Closure(current());
        closure.add(start, null);
        return closure.state();
    }

    /** The state after a byte; {@link State#DEAD} where it may not come. */
    State next(State state, byte value) {
        return nextOfClass(state, classOf(value));
    }

    State nextOfClass(State state, int byteClass) {
        State known = state.successors[byteClass];
        if (known != null) {
            return known;
        }
        Closure closure = new Closure(state.memory);
        int representative = representatives[byteClass];
        for (int i = 0; i < state.nodes.length; i++) {
            Node node = state.nodes[i];
            if (node.bytes.contains(representative)) {
                closure.add(node.next, state.frames[i]);
            }
        }
        State next = closure.state();
        state.successors[byteClass] = next;
        return next;
    }

    /** The state after some bytes. */
    State next(State state, byte[] bytes) {
        State at = state;
        for (int i = 0; i < bytes.length && at != State.DEAD; i++) {
            at = next(at, bytes[i]);
        }
        return at;
    }

    /** The same state; a fresh one where too much has been worked out since, so that the rest can be forgotten. */
    State refreshed(State state) {
        Memory now = current();
        if (state.memory == now || state == State.DEAD) {
            return state;
        }
        Frame[] frames = new Frame[state.frames.length];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = copy(state.frames[i], now);
        }
        return intern(now, state.nodes, frames, state.accepts);
    }

    private static Frame copy(Frame frame, Memory memory) {
        Deque<Frame> chain = new ArrayDeque<>();
        for (Frame at = frame; at != null; at = at.parent) {
            chain.push(at);
        }
        Frame copy = null;
        for (Frame at : chain) {
            copy = memory.frame(at.node, at.count, copy);
        }
        return copy;
    }

    /**
     * A state that reads the same texts of up to some bytes: each round of a count reads a byte at least, so a count that is far
     * from its limits may be another one that is.
     */
    State coarse(State state, int bytes) {
        Frame[] frames = null;
        for (int i = 0; i < state.frames.length; i++) {
            Frame coarse = coarse(state.frames[i], bytes, state.memory);
            if (coarse != state.frames[i]) {
                frames = frames == null ? state.frames.clone() : frames;
                frames[i] = coarse;
            }
        }
        return frames == null ? state : intern(state.memory, state.nodes, frames, state.accepts);
    }

    private static Frame coarse(Frame frame, int bytes, Memory memory) {
        // Counts lie near the top in practice; the search below them stops where a text of so many bytes does not come.
        if (frame == null) {
            return null;
        }
        Deque<Frame> above = new ArrayDeque<>();
        Frame at = frame;
        for (int i = 0; i < bytes && at != null; i++, at = at.parent) {
            above.push(at);
        }
        Frame copy = at;
        for (Frame one : above) {
            int count = one.count == Frame.CALLED ? one.count : coarse(one, bytes);
            copy = count == one.count && copy == one.parent ? one : memory.frame(one.node, count, copy);
        }
        return copy;
    }

    private static int coarse(Frame count, int bytes) {
        Node node = count.node;
        // The round that is open is one more than those done.
        if (count.count + 1 < node.min - bytes) {
            return 0;
        }
        boolean far = node.max == Expression.UNBOUNDED || node.max - count.count - 1 > bytes;
        return count.count >= node.min && far ? node.min : count.count;
    }

    private Memory current() {
        Memory now = memory;
        if (now.isFull()) {
            synchronized (this) {
                if (memory.isFull()) {
                    memory = new Memory();
                }
                now = memory;
            }
        }
        return now;
    }

    private State intern(Memory memory, Node[] nodes, Frame[] frames, boolean accepts) {
        if (nodes.length == 0 && !accepts) {
            return State.DEAD;
        }
        State state = new State(memory, nodes, frames, accepts, representatives.length);
        State known = memory.states.putIfAbsent(state, state);
        return known == null ? state : known;
    }

    private record Place(Node node, Frame frame) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Place place && place.node == node && place.frame == frame;
        }

        @Override
        public int hashCode() {
            return 31 * node.id + (frame == null ? 0 : frame.hashCode());
        }
    }

    /** Follows everything that reads no byte. */
    private final class Closure {
        private final Memory memory;
        private final Set<Place> seen = new HashSet<>();
        private final List<Place> waiting = new ArrayList<>();
        private final Deque<Place> open = new ArrayDeque<>();
        private boolean accepts;

        Closure(Memory memory) {
            this.memory = memory;
        }

        void add(Node node, Frame frame) {
            open(node, frame);
            while (!open.isEmpty()) {
                Place place = open.pop();
                follow(place.node, place.frame);
            }
        }

        private void open(Node node, Frame frame) {
            Place place = new Place(node, frame);
            if (seen.add(place)) {
                open.push(place);
            }
            if (seen.size() > MAX_STACKS) {
                throw new GrammarException(
                        "the grammar is too ambiguous: more than %d alternatives are open at one place".formatted(
                                MAX_STACKS));
            }
        }

        private void follow(Node node, Frame frame) {
            switch (node.kind) {
                case BYTES -> waiting.add(new Place(node, frame));
                case SPLIT -> {
                    for (Node target : node.targets) {
                        open(target, frame);
                    }
                }
                // At the end of a rule there is nothing to come back to: right recursion does not grow the stack.
                case CALL -> open(node.body, node.next.kind == Node.Kind.END
                        ? frame
                        : memory.frame(node.next, Frame.CALLED, frame));
                case COUNT -> round(node, 0, frame);
                case END -> {
                    if (frame == null) {
                        accepts = true;
                    } else if (frame.count != Frame.CALLED) {
                        round(frame.node, frame.count + 1, frame.parent);
                    } else {
                        open(frame.node, frame.parent);
                    }
                }
            }
        }

        /** {@code done} rounds of a count are complete. */
        private void round(Node count, int done, Frame below) {
            boolean unbounded = count.max == Expression.UNBOUNDED;
            // Beyond the least number the rounds of an unbounded count are all alike.
            int counted = unbounded ? Math.min(done, count.min) : done;
            if (counted >= count.min) {
                open(count.next, below);
            }
            if (unbounded || counted < count.max) {
                open(count.body, memory.frame(count, counted, below));
            }
        }

        State state() {
            if (waiting.size() > 1) {
                waiting.sort(Comparator.<Place>comparingInt(place -> place.node.id).thenComparingInt(
                        place -> place.frame == null ? 0 : place.frame.hashCode()));
            }
            Node[] nodes = new Node[waiting.size()];
            Frame[] frames = new Frame[nodes.length];
            Arrays.setAll(nodes, i -> waiting.get(i).node);
            Arrays.setAll(frames, i -> waiting.get(i).frame);
            return intern(memory, nodes, frames, accepts);
        }
    }
}
