package io.github.jnpu.probe.source;

import io.github.jnpu.probe.SystemInfo;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class GuardedLookTest {
    /** Never answers for what begins with "/stuck", and does not mind being interrupted. */
    private static final class StuckSource implements SystemSource {
        private final CountDownLatch never = new CountDownLatch(1);
        private final AtomicInteger asked = new AtomicInteger();

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
            asked.incrementAndGet();
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

    private final StuckSource stuck = new StuckSource();

    private <T> T look(Function<SystemSource, T> look) {
        return GuardedLook.at(stuck, look, Duration.ofMillis(50), Duration.ofMillis(300));
    }

    @Test
    void goesOnWhenAReadIsStuck() {
        List<String> unread = look(source -> {
            assertThat(source.text("/before")).contains("text");
            assertThat(source.text("/stuck")).isEmpty();
            assertThat(source.text("/after")).contains("text");
            return source.unread();
        });

        assertThat(unread).containsExactly("/other: reason", "/stuck: did not answer in time");
        assertThat(stuck.asked).as("what had an answer is not read again").hasValue(2);
    }

    @Test
    void stopsReadingWhenTimeIsUp() {
        List<String> unread = look(source -> {
            assertThat(source.text("/before")).contains("text");
            for (int i = 0; i < 20; i++) {
                assertThat(source.text("/stuck" + i)).isEmpty();
            }
            assertThat(source.text("/before")).as("known").contains("text");
            assertThat(source.text("/after")).isEmpty();
            return source.unread();
        });

        assertThat(unread).contains("everything else: the time for looking was over", "/stuck0: did not answer in time")
                .doesNotContain("/stuck19: did not answer in time");
    }

    @Test
    void aBrokenSourceIsNoReasonToFail() {
        List<String> unread = look(source -> {
            assertThat(source.names("/folder")).isEmpty();
            return source.unread();
        });

        assertThat(unread).contains("/folder: could not be read: java.lang.IllegalStateException: broken");
    }

    @Test
    void anErrorOfTheLookItselfIsItsCallers() {
        assertThatThrownBy(() -> look(source -> {
            throw new IllegalArgumentException("mine");
        })).hasRootCauseInstanceOf(IllegalArgumentException.class).hasRootCauseMessage("mine");
    }
}
