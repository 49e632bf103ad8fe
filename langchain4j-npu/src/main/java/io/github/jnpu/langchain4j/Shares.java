package io.github.jnpu.langchain4j;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Things that are loaded once for all who ask for them under one key: the first share loads, the last one closed frees. Thread-safe.
 *
 * @param <K>
 *            what makes two of them one
 * @param <T>
 *            what is shared
 */
final class Shares<K, T> {
    private final Map<K, Loaded<T>> loaded = new ConcurrentHashMap<>();
    private final Consumer<T> free;

    private record Loaded<T>(T value, int shares) {}

    Shares(Consumer<T> free) {
        this.free = free;
    }

    /** Takes a share, waiting while another thread loads the same; what the loader throws is thrown. */
    Share<K, T> take(K key, Supplier<T> loader) {
        Loaded<T> taken = loaded.compute(key, (_, present) -> present == null
                ? new Loaded<>(loader.get(), 1)
                : new Loaded<>(present.value, present.shares + 1));
        return new Share<>(this, key, taken.value);
    }

    /** How many things are loaded. */
    int size() {
        return loaded.size();
    }

    private void giveBack(K key) {
        loaded.compute(key, (_, present) -> {
            if (present.shares > 1) {
                return new Loaded<>(present.value, present.shares - 1);
            }
            free.accept(present.value);
            return null;
        });
    }

    /** One share. */
    static final class Share<K, T> implements AutoCloseable {
        private final Shares<K, T> owner;
        private final K key;
        private final T value;
        private final AtomicBoolean closed = new AtomicBoolean();

        private Share(Shares<K, T> owner, K key, T value) {
            this.owner = owner;
            this.key = key;
            this.value = value;
        }

        /**
         * What is shared.
         *
         * @throws IllegalStateException
         *             if this share has been closed
         */
        T value() {
            if (closed.get()) {
                throw new IllegalStateException("the model has been closed");
            }
            return value;
        }

        /** Idempotent. */
        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                owner.giveBack(key);
            }
        }
    }
}
