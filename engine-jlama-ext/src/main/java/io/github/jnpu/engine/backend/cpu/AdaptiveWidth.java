package io.github.jnpu.engine.backend.cpu;

/**
 * How many workers a pool uses for its next job. As many as there are, unless other processes want the cores: workers that wait
 * for each other go at the pace of the one that has been put aside, so fewer of them are faster then.
 *
 * <p>Steps as in decode on two cores, in percent of two workers on a quiet machine: two workers beside one busy loop 18, beside
 * two 8; with the width adapted 46 and 18.
 *
 * <p>Not thread-safe.
 */
final class AdaptiveWidth {
    /**
     * The others wait while one worker does not run, so {@code 1 - taken} of a job's time is of use (measured: 238 ms with 0.56 taken,
     * 156 with 0.21, 106 with none); one worker fewer does the same in {@code n / (n - 1)} of the time. This is how much better it
     * has to be.
     */
    private static final double MARGIN = 1.1;
    /** One job may have met a short garbage collection ... */
    private static final int CROWDED_JOBS = 2;
    /** ... but hardly one of so long. */
    private static final long CROWDED_NANOS = 100_000_000;
    private static final long FIRST_PAUSE_NANOS = 200_000_000;
    /** The JIT of a fresh process is among the others, and it is done after some seconds. */
    private static final long LONGEST_PAUSE_NANOS = 800_000_000;
    /** Undisturbed for so long, it is forgotten how long the last pause was, and nobody looks any more. */
    private static final long CALM_NANOS = 1_000_000_000;

    private final int full;
    private int width;
    private int crowdedJobs;
    private long pauseNanos = FIRST_PAUSE_NANOS;
    private long widenAt;
    private long calmSince;
    private boolean watching;

    AdaptiveWidth(int full) {
        this.full = full;
        this.width = full;
    }

    /** The workers for a job that begins now. */
    int width(long now) {
        if (width < full && now - widenAt >= 0) {
            width = full;
            crowdedJobs = 0;
            calmSince = now;
        }
        return width;
    }

    /** Whether {@link #observe} wants to know how jobs went; that costs some system calls for each job. */
    boolean isWatching() {
        return watching;
    }

    /** Some worker was waited for unusually long: reason to look. */
    void suspect(long now) {
        if (!watching && full > 1) {
            watching = true;
            crowdedJobs = 0;
            calmSince = now;
        }
    }

    /**
     * Takes note of a job.
     *
     * @param nanos
     *            how long it took
     * @param takenNanos
     *            for how long workers could have run and did not, all workers together
     */
    void observe(long now, long nanos, long takenNanos) {
        double taken = (double) takenNanos / Math.max(1, nanos);
        if (taken * width <= MARGIN) {
            crowdedJobs = 0;
            if (width == full && now - calmSince >= CALM_NANOS) {
                watching = false;
                pauseNanos = FIRST_PAUSE_NANOS;
            }
            return;
        }
        calmSince = now;
        if (width == 1 || ++crowdedJobs < CROWDED_JOBS && takenNanos < CROWDED_NANOS) {
            return;
        }
        crowdedJobs = 0;
        // Narrower still, within one pause, is no reason for a longer one.
        if (width == full) {
            widenAt = now + pauseNanos;
            pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
        }
        width = Math.max(1, width - Math.max(1, (int) taken));
    }
}
