package io.github.jnpu.engine.backend.cpu;

import java.util.List;

/**
 * One operation made ready: buffers and weights chosen, so that running it allocates nothing. All workers run each step, each
 * its own share.
 */
interface Step {

    /**
     * @param rows
     *            how many tokens it works on
     */
    void run(Batch batch, int rows, int worker, int workers);

    /** The arrays it reads, by which the program sees where workers must wait for each other. */
    List<Object> reads();

    /** The arrays it writes. */
    List<Object> writes();

    /** The first of {@code count} items that belong to a worker; the last is the next worker's first. */
    static int share(int count, int worker, int workers) {
        return (int) ((long) count * worker / workers);
    }
}
