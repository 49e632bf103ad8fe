package io.github.jnpu.engine.backend.cpu;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class AdaptiveWidthTest {
    private static final long MILLISECOND = 1_000_000;
    private static final long JOB = 2 * MILLISECOND;

    private final AdaptiveWidth width = new AdaptiveWidth(4);
    private long now;

    @Test
    void looksOnlyAfterASuspicionAndUntilASecondWasCalm() {
        assertThat(width.isWatching()).isFalse();
        width.suspect(now);
        assertThat(width.isWatching()).isTrue();
        jobs(450, 0);
        assertThat(width.isWatching()).isTrue();
        jobs(100, 0);
        assertThat(width.isWatching()).isFalse();
    }

    @Test
    void leavesOutAsManyWorkersAsOthersTookCores() {
        width.suspect(now);
        jobs(2, 2);
        assertThat(width.width(now)).isEqualTo(2);
    }

    @Test
    void leavesOutOneWorkerWhereOthersTookLessThanACore() {
        width.suspect(now);
        jobs(2, 0.3);
        assertThat(width.width(now)).isEqualTo(3);
    }

    @Test
    void forgivesOneShortDisturbance() {
        width.suspect(now);
        jobs(1, 1);
        jobs(1, 0.1);
        jobs(1, 1);
        assertThat(width.width(now)).isEqualTo(4);
    }

    /** A quarter of the time lost is what one worker of four is worth. */
    @Test
    void bearsALossThatIsSmallerThanThatOfAWorker() {
        width.suspect(now);
        jobs(100, 0.24);
        assertThat(width.width(now)).isEqualTo(4);
    }

    @Test
    void aLongDisturbanceCountsAtOnce() {
        width.suspect(now);
        width.observe(now, 200 * MILLISECOND, 150 * MILLISECOND);
        assertThat(width.width(now)).isEqualTo(3);
    }

    @Test
    void theCallerAlwaysRuns() {
        width.suspect(now);
        jobs(10, 4);
        assertThat(width.width(now)).isEqualTo(1);
    }

    @Test
    void triesAgainAfterPausesThatGetLonger() {
        width.suspect(now);
        long previous = 0;
        for (int i = 0; i < 3; i++) {
            jobs(2, 1);
            long pause = 0;
            while (width.width(now) < 4) {
                now += MILLISECOND;
                pause++;
            }
            assertThat(pause).isGreaterThan(previous);
            previous = pause;
        }
        assertThat(pauseAfterCrowdedJobs()).isEqualTo(previous * MILLISECOND);
    }

    @Test
    void aSecondOfCalmMakesThePauseShortAgain() {
        width.suspect(now);
        long first = pauseAfterCrowdedJobs();
        assertThat(pauseAfterCrowdedJobs()).isEqualTo(2 * first);
        jobs(600, 0);
        width.suspect(now);
        assertThat(pauseAfterCrowdedJobs()).isEqualTo(first);
    }

    private long pauseAfterCrowdedJobs() {
        jobs(2, 1);
        long start = now;
        while (width.width(now) < 4) {
            now += MILLISECOND;
        }
        return now - start;
    }

    /** Jobs of 2 ms during which so many cores were taken. */
    private void jobs(int count, double takenCores) {
        for (int i = 0; i < count; i++) {
            now += JOB;
            width.observe(now, JOB, (long) (takenCores * JOB));
        }
    }
}
