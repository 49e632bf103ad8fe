package io.github.jnpu.engine.jlama;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The tokens of each session. Bounded: callers use a fresh id a call and never end a session. Thread-safe. */
final class SessionHistories {
    /** The least recently used one goes first; with 4096 tokens each they take 16 MB. */
    static final int MAX_SESSIONS = 1024;

    private final Map<UUID, History> histories = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, History> eldest) {
            return size() > MAX_SESSIONS;
        }
    };

    /** One session; guarded by its own lock, which its caller holds for a whole turn. */
    static final class History {
        private int[] tokens = {};

        boolean isEmpty() {
            return tokens.length == 0;
        }

        int[] followedBy(int[] more) {
            int[] all = Arrays.copyOf(tokens, tokens.length + more.length);
            System.arraycopy(more, 0, all, tokens.length, more.length);
            return all;
        }

        void set(int[] prompt, List<Integer> answer) {
            tokens = Arrays.copyOf(prompt, prompt.length + answer.size());
            for (int i = 0; i < answer.size(); i++) {
                tokens[prompt.length + i] = answer.get(i);
            }
        }
    }

    synchronized History of(UUID session) {
        return histories.computeIfAbsent(session, _ -> new History());
    }

    synchronized void forget(UUID session) {
        histories.remove(session);
    }

    synchronized int size() {
        return histories.size();
    }
}
