package io.github.jnpu.engine.sampling;

import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/** The tokens that may be drawn, likeliest first once they are sorted, with their logits. */
final class Candidates {
    private final int[] ids;
    private final float[] logits;
    private final float[] weights;
    private int size;

    Candidates(int vocabularySize) {
        ids = new int[vocabularySize];
        logits = new float[vocabularySize];
        weights = new float[vocabularySize];
    }

    /** Takes all tokens, unsorted. */
    void takeAll(float[] from) {
        size = 0;
        for (int i = 0; i < ids.length; i++) {
            // NaN cannot be compared, so a token that has it cannot be drawn.
            if (from[i] > Float.NEGATIVE_INFINITY) {
                ids[size] = i;
                logits[size++] = from[i];
            }
        }
    }

    /** Takes the {@code k} largest, sorted; of equals the lower id comes first. */
    void takeLargest(float[] from, int k) {
        takeAll(from);
        int all = size;
        size = Math.min(k, all);
        // A heap with the smallest on top holds the best so far; most tokens fail the one comparison with it.
        for (int i = size / 2 - 1; i >= 0; i--) {
            siftDown(logits, i, size);
        }
        for (int i = size; i < all; i++) {
            if (isBetter(logits, i, 0)) {
                swap(i, 0);
                siftDown(logits, 0, size);
            }
        }
        sortHeap(logits);
    }

    boolean allMatch(IntPredicate condition) {
        for (int i = 0; i < size; i++) {
            if (!condition.test(ids[i])) {
                return false;
            }
        }
        return true;
    }

    /** Sorts, the largest key first, what is a heap with the smallest key on top. */
    private void sortHeap(float[] keys) {
        for (int end = size - 1; end > 0; end--) {
            swap(0, end);
            siftDown(keys, 0, end);
        }
    }

    private boolean isBetter(float[] keys, int a, int b) {
        return keys[a] > keys[b] || keys[a] == keys[b] && ids[a] < ids[b];
    }

    private void siftDown(float[] keys, int start, int end) {
        int parent = start;
        while (2 * parent + 1 < end) {
            int child = 2 * parent + 1;
            if (child + 1 < end && isBetter(keys, child, child + 1)) {
                child++;
            }
            if (!isBetter(keys, parent, child)) {
                return;
            }
            swap(parent, child);
            parent = child;
        }
    }

    private void swap(int a, int b) {
        int id = ids[a];
        ids[a] = ids[b];
        ids[b] = id;
        float logit = logits[a];
        logits[a] = logits[b];
        logits[b] = logit;
        float weight = weights[a];
        weights[a] = weights[b];
        weights[b] = weight;
    }

    private void sort(float[] keys) {
        for (int i = size / 2 - 1; i >= 0; i--) {
            siftDown(keys, i, size);
        }
        sortHeap(keys);
    }

    /** Fills {@link #weights} with probabilities. */
    private void softmax(float temperature) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            max = Math.max(max, logits[i]);
        }
        double sum = 0;
        for (int i = 0; i < size; i++) {
            weights[i] = (float) Math.exp((logits[i] - max) / temperature);
            sum += weights[i];
        }
        for (int i = 0; i < size; i++) {
            weights[i] /= (float) sum;
        }
    }

    /** Keeps the fewest sorted candidates that reach the probability {@code p}; at least one. */
    void keepTop(float p) {
        softmax(1);
        float sum = 0;
        for (int i = 0; i < size; i++) {
            sum += weights[i];
            if (sum >= p) {
                size = i + 1;
                return;
            }
        }
    }

    /** Keeps those at least {@code p} times as likely as the likeliest, so always this one. */
    void keepAtLeast(float p) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            max = Math.max(max, logits[i]);
        }
        float least = Math.min(max, max + (float) Math.log(p));
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (logits[i] >= least) {
                swap(i, kept++);
            }
        }
        size = kept;
    }

    /**
     * Keeps the tokens whose surprise is nearest to the expected one, up to the probability {@code p}; at least one (Meister et
     * al. 2022, "Locally Typical Sampling").
     */
    void keepTypical(float p) {
        softmax(1);
        double entropy = 0;
        for (int i = 0; i < size; i++) {
            if (weights[i] > 0) {
                entropy -= weights[i] * Math.log(weights[i]);
            }
        }
        // Sorting needs the weights' place for its keys; the probabilities come again afterwards.
        for (int i = 0; i < size; i++) {
            weights[i] = (float) -Math.abs(-Math.log(weights[i]) - entropy);
        }
        sort(weights);
        softmax(1);
        float sum = 0;
        for (int i = 0; i < size; i++) {
            sum += weights[i];
            if (sum > p) {
                size = i + 1;
                break;
            }
        }
        sort(logits);
    }

    /** Draws by probability at this temperature. */
    int draw(float temperature, RandomGenerator random) {
        softmax(temperature);
        double point = random.nextDouble();
        for (int i = 0; i < size - 1; i++) {
            point -= weights[i];
            if (point < 0) {
                return ids[i];
            }
        }
        return ids[size - 1];
    }
}
