package io.github.jnpu.engine.tokenizer;

import java.util.Arrays;

/**
 * Merges neighbouring symbols, the best pair first and of equal ones the leftmost, until no pair can be merged: the loop
 * that SPM and BPE share. Time is O(n log n) in the number of symbols. For one thread; use it again for the next word.
 */
abstract class SymbolMerger {
    static final long NO_PAIR = Long.MAX_VALUE;
    private static final int DEAD = -2;

    /** Where each symbol begins in the text; one entry more than symbols, the end of the last. */
    protected int[] starts = new int[64];
    /** What each symbol is; for subclasses to read. */
    protected int[] symbols = new int[64];
    private int[] next = new int[64];
    private int[] previous = new int[64];
    private long[] pairs = new long[64];
    private long[] heap = new long[64];
    private int heapSize;
    private int count;

    /**
     * What merging two neighbours would give.
     *
     * @param end
     *            where the right symbol ends in the text
     * @return the priority in the upper half, smaller is sooner, and the new symbol in the lower; or {@link #NO_PAIR}
     */
    protected abstract long pair(int left, int right, int end);

    void clear() {
        count = 0;
    }

    /** Appends a symbol that begins where the one before it ends. */
    void append(int start, int symbol) {
        if (count + 1 >= starts.length) {
            starts = Arrays.copyOf(starts, 2 * starts.length);
            symbols = Arrays.copyOf(symbols, 2 * symbols.length);
        }
        starts[count] = start;
        symbols[count++] = symbol;
    }

    /** Merges all that can be; then the symbols are at index 0, {@link #next}(0), ... as far as -1. */
    void merge(int end) {
        starts[count] = end;
        if (next.length < starts.length) {
            next = new int[starts.length];
            previous = new int[starts.length];
            pairs = new long[starts.length];
        }
        heapSize = 0;
        for (int i = 0; i < count; i++) {
            previous[i] = i - 1;
            next[i] = i + 1 < count ? i + 1 : -1;
        }
        for (int i = 0; i < count; i++) {
            propose(i);
        }
        while (heapSize > 0) {
            long best = pop();
            int left = (int) best;
            long pair = pairs[left];
            // The pair may have changed since: then there is another entry for what it is now.
            if (pair == NO_PAIR || pair >> 32 != best >> 32) {
                continue;
            }
            int right = next[left];
            symbols[left] = (int) pair;
            symbols[right] = DEAD;
            pairs[right] = NO_PAIR;
            next[left] = next[right];
            if (next[left] >= 0) {
                previous[next[left]] = left;
            }
            propose(left);
            if (previous[left] >= 0) {
                propose(previous[left]);
            }
        }
    }

    int next(int index) {
        return next[index];
    }

    int size() {
        return count;
    }

    /** Where the symbol at this index ends. */
    int end(int index) {
        return next[index] >= 0 ? starts[next[index]] : starts[count];
    }

    private void propose(int left) {
        int right = next[left];
        pairs[left] = right < 0 ? NO_PAIR : pair(left, right, end(right));
        if (pairs[left] != NO_PAIR) {
            push(pairs[left] >> 32 << 32 | left);
        }
    }

    private void push(long value) {
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, 2 * heap.length);
        }
        int i = heapSize++;
        while (i > 0) {
            int parent = i - 1 >>> 1;
            if (heap[parent] <= value) {
                break;
            }
            heap[i] = heap[parent];
            i = parent;
        }
        heap[i] = value;
    }

    private long pop() {
        long top = heap[0];
        long last = heap[--heapSize];
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= heapSize) {
                break;
            }
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= last) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = last;
        return top;
    }
}
