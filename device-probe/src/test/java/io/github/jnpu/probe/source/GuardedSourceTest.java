package io.github.jnpu.probe.source;

import io.github.jnpu.probe.SystemInfo;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

import static org.assertj.core.api.Assertions.assertThat;

class GuardedSourceTest {
    /** Never answers for what begins with "/stuck", and does not mind being interrupted. */
    private static final class StuckSource implements SystemSource {
        private final CountDownLatch never = new CountDownLatch(1);

        @Override
        public SystemInfo.Family family() {
            return SystemInfo.Family.LINUX;
        }

        @Override
        public Optional<String> text(String path, int maxBytes) {
            while (path.startsWith("/stuck")) {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    // Like a read from a dead network drive, which no signal ends.
                }
            }
            return Optional.of("text");
        }

        @Override
        public List<String> names(String folder) {
            throw new IllegalStateException("broken");
        }

        @Override
        public Optional<String> link(String path) {
            return Optional.empty();
        }

        @Override
        public Optional<Node> node(String path) {
            return Optional.empty();
        }

        @Override
        public Map<String, String> environment() {
            return Map.of();
        }

        @Override
        public List<String> unread() {
            return List.of("/other: reason");
        }
    }

    private final SystemSource source = new GuardedSource(new StuckSource(), Duration.ofMillis(50),
            Duration.ofMillis(400));

    @Test
    void goesOnWhenAReadIsStuck() {
        assertThat(source.text("/stuck")).isEmpty();
        assertThat(source.text("/fine")).contains("text");
        assertThat(source.unread()).containsExactly("/other: reason", "/stuck: did not answer in time");
    }

    @Test
    void stopsReadingWhenTimeIsUp() {
        for (int i = 0; i < 20; i++) {
            source.text("/stuck" + i);
        }

        assertThat(source.text("/fine")).isEmpty();
        assertThat(source.unread()).contains("everything else: the time for looking was over")
                .contains("/stuck0: did not answer in time").doesNotContain("/stuck19: did not answer in time");
    }

    @Test
    void aBrokenSourceIsNoReasonToFail() {
        assertThat(source.names("/folder")).isEmpty();
        assertThat(source.unread()).contains("/folder: could not be read: java.lang.IllegalStateException: broken");
    }
}
