package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.Encoder;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What becomes of an encoder's devices. They are made up here, as no encoder can be made to fail; real ones are in {@code EmbeddingModelTest}. */
class PlacedEncoderTest {
    private final AtomicInteger open = new AtomicInteger();

    @BeforeEach
    @AfterEach
    void giveAllDevicesAnotherChance() {
        SetAside.clear();
    }

    /** Gives vectors that depend on the text, until it fails. */
    private final class Device implements ComputeBackend, Encoder {
        private final String name;
        private final Acceleration sort;
        private final int goodRuns;
        private final boolean wrong;
        private final AtomicInteger runs = new AtomicInteger();

        private Device(String name, Acceleration sort, int goodRuns, boolean wrong) {
            this.name = name;
            this.sort = sort;
            this.goodRuns = goodRuns;
            this.wrong = wrong;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public String device() {
            return "a " + sort;
        }

        @Override
        public Acceleration acceleration() {
            return sort;
        }

        @Override
        public boolean needsSelfCheck() {
            return sort != Acceleration.CPU;
        }

        @Override
        public Suitability suitability(DecoderGraph graph, Stage stage) {
            throw new AssertionError("it is no decoder");
        }

        @Override
        public Decoder compile(DecoderGraph graph, DecoderOptions options) {
            throw new AssertionError("it is no decoder");
        }

        @Override
        public int width() {
            return 3;
        }

        @Override
        public int maxTokens() {
            return 100;
        }

        @Override
        public int batchTokens() {
            return 100;
        }

        @Override
        public float[][] encode(List<int[]> texts) {
            if (runs.incrementAndGet() > goodRuns) {
                throw new BackendException("the device has gone");
            }
            return texts.stream().map(text -> new float[]{Arrays.stream(text).sum(), wrong ? -1000 : 1, 2})
                    .toArray(float[][]::new);
        }

        @Override
        public void close() {
            open.decrementAndGet();
        }
    }

    private final Device cpu = new Device("own", Acceleration.CPU, Integer.MAX_VALUE, false);

    private PlacedEncoder place(Device device, String wish, boolean strict) {
        PlacedEncoder.Network network = new PlacedEncoder.Network() {
            @Override
            public Suitability suitability(ComputeBackend backend) {
                return new Suitability.Suitable(backend == cpu ? 100 : 300);
            }

            @Override
            public Encoder compile(ComputeBackend backend) {
                if (device.goodRuns < 0 && backend == device) {
                    throw new BackendException("the driver does not like it");
                }
                open.incrementAndGet();
                return (Encoder) backend;
            }
        };
        return new PlacedEncoder("m", network, PlacementWish.parse(wish, strict), new TargetResolver(
                List.of(device, cpu), () -> {
                    throw new AssertionError("nobody needs to look at the machine");
                }));
    }

    private static final List<int[]> TEXTS = List.of(new int[]{1, 2}, new int[]{3});

    @Test
    void aDeviceThatFailsIsReplacedByTheCpu() {
        // One for the check, one for the first text.
        Device device = new Device("dev", Acceleration.NPU, 2, false);
        try (PlacedEncoder encoder = place(device, "prefill=cpu,embed=npu", false)) {
            assertThat(encoder.encode(TEXTS)).isDeepEqualTo(new float[][]{{3, 1, 2}, {3, 1, 2}});
            assertThat(encoder.report().stages().getFirst().target()).isEqualTo("dev");
            assertThat(encoder.report().stages().getFirst().selfCheck())
                    .contains("cosine 1.00000 with the vector of 'own'");
            assertThat(encoder.encode(TEXTS)).isDeepEqualTo(new float[][]{{3, 1, 2}, {3, 1, 2}});
            assertThat(encoder.report().stages().getFirst().target()).isEqualTo("own");
            assertThat(encoder.report().warnings()).anySatisfy(
                    warning -> assertThat(warning).contains("the device has gone").contains("goes on on own"));
            assertThat(open).hasValue(1);
        }
        assertThat(open).hasValue(0);
        assertThat(SetAside.all()).containsKey("dev");
    }

    @Test
    void strictEndsInTheDevicesError() {
        try (PlacedEncoder encoder = place(new Device("dev", Acceleration.NPU, 2, false), "npu", true)) {
            encoder.encode(TEXTS);
            assertThatThrownBy(() -> encoder.encode(TEXTS)).isInstanceOf(BackendException.class)
                    .hasMessage("the device has gone");
        }
        assertThat(open).hasValue(0);
    }

    @Test
    void aDeviceThatRefusesOrIsWrongIsLeftOut() {
        for (Device device : List.of(new Device("dev", Acceleration.GPU, -1, false),
                new Device("dev", Acceleration.GPU, 1000, true), new Device("dev", Acceleration.GPU, 0, false))) {
            for (String wish : List.of("auto", "gpu")) {
                try (PlacedEncoder encoder = place(device, wish, false)) {
                    StageReportView view = StageReportView.of(encoder.report());
                    assertThat(view.target()).isEqualTo("own");
                    assertThat(view.rejections()).contains("dev");
                    assertThat(encoder.report().warnings().isEmpty()).isEqualTo(wish.equals("auto"));
                }
                assertThat(open).hasValue(0);
            }
            assertThatThrownBy(() -> place(device, "gpu", true)).isInstanceOf(BackendException.class);
            assertThat(open).hasValue(0);
        }
    }

    private record StageReportView(String target, List<String> rejections) {
        static StageReportView of(PlacementReport report) {
            PlacementReport.StageReport stage = report.stages().getFirst();
            return new StageReportView(stage.target(), stage.rejections().stream().map(Placement.Rejection::backend)
                    .toList());
        }
    }

    @Test
    void aNetworkForEmbeddingsIsNotDivided() {
        assertThatThrownBy(() -> place(new Device("dev", Acceleration.GPU, 9, false), "gpu@1+cpu", false))
                .isInstanceOf(BackendException.class).hasMessageContaining("is not divided");
    }
}
