package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;
import io.github.jnpu.engine.backend.onnxruntime.OnnxRuntimeBackend;
import io.github.jnpu.engine.backend.reference.ReferenceBackend;
import io.github.jnpu.engine.backend.vector.VectorBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** A device is ONNX Runtime's real CPU provider here, which is made to fail at a certain point: everything up to there and after it is real. */
class DeviceFailureTest {
    private static final int PROMPT = 20;
    private static final int DECODED = 12;

    @TempDir
    Path folder;

    private final AtomicInteger openSequences = new AtomicInteger();
    private final AtomicInteger openDecoders = new AtomicInteger();

    @BeforeEach
    @AfterEach
    void giveAllDevicesAnotherChance() {
        SetAside.clear();
    }

    /** What goes wrong. */
    private enum Fault {
        COMPILING, FIRST_TOKEN, PREFILL, DECODE, DECODE_AND_CACHE, WRONG_LOGITS, NOT_A_NUMBER, SLOW
    }

    /** Real until its time has come. */
    private final class FailingBackend implements ComputeBackend {
        private final ComputeBackend real = new OnnxRuntimeBackend();
        private final Fault fault;
        private final Acceleration sort;

        private FailingBackend(Fault fault, Acceleration sort) {
            this.fault = fault;
            this.sort = sort;
        }

        @Override
        public String name() {
            return "failing";
        }

        @Override
        public String device() {
            return "a device that fails";
        }

        @Override
        public Acceleration acceleration() {
            return sort;
        }

        @Override
        public boolean needsSelfCheck() {
            return true;
        }

        @Override
        public Suitability suitability(DecoderGraph graph, Stage stage) {
            return new Suitability.Suitable(1000);
        }

        @Override
        public Decoder compile(DecoderGraph graph, DecoderOptions options) {
            if (fault == Fault.COMPILING) {
                throw new BackendException("the driver does not like this network");
            }
            openDecoders.incrementAndGet();
            return new FailingDecoder(real.compile(graph, options), fault);
        }
    }

    private final class FailingDecoder implements Decoder {
        private final Decoder real;
        private final Fault fault;
        private int sequences;

        private FailingDecoder(Decoder real, Fault fault) {
            this.real = real;
            this.fault = fault;
        }

        @Override
        public DecoderSequence newSequence(int capacity) {
            openSequences.incrementAndGet();
            // The first is the self-check's.
            return new FailingSequence(real.newSequence(capacity), fault, sequences++ == 0);
        }

        @Override
        public int threads() {
            return real.threads();
        }

        @Override
        public long cacheBytesPerToken() {
            return real.cacheBytesPerToken();
        }

        @Override
        public void close() {
            openDecoders.decrementAndGet();
            real.close();
        }
    }

    private final class FailingSequence implements DecoderSequence {
        private final DecoderSequence real;
        private final Fault fault;
        private final boolean inCheck;
        private boolean broken;
        private boolean closed;

        private FailingSequence(DecoderSequence real, Fault fault, boolean inCheck) {
            this.real = real;
            this.fault = fault;
            this.inCheck = inCheck;
        }

        @Override
        public int length() {
            return real.length();
        }

        @Override
        public int capacity() {
            return real.capacity();
        }

        @Override
        public void forward(Stage stage, int[] tokens, int from, int count, float[] stream, float[] logits) {
            boolean due = switch (fault) {
                case FIRST_TOKEN -> true;
                case PREFILL -> !inCheck && stage == Stage.PREFILL && real.length() > 0;
                case DECODE, DECODE_AND_CACHE -> !inCheck && stage == Stage.DECODE && real.length() >= PROMPT + 5;
                default -> false;
            };
            if (due || broken) {
                broken = true;
                throw new BackendException("the device has gone");
            }
            if (fault == Fault.SLOW && !inCheck) {
                LockSupport.parkNanos(50_000_000);
            }
            real.forward(stage, tokens, from, count, stream, logits);
            if (logits != null && logits.length > 0) {
                switch (fault) {
                    case WRONG_LOGITS -> logits[0] += 100;
                    case NOT_A_NUMBER -> logits[0] = Float.NaN;
                    default -> {
                    }
                }
            }
        }

        @Override
        public void truncate(int length) {
            real.truncate(length);
        }

        @Override
        public boolean sharesCache() {
            return true;
        }

        @Override
        public void readCache(int layer, int from, int count, float[] keys, float[] values) {
            if (broken && fault == Fault.DECODE_AND_CACHE) {
                throw new BackendException("the cache has gone too");
            }
            real.readCache(layer, from, count, keys, values);
        }

        @Override
        public void writeCache(int layer, int from, int count, float[] keys, float[] values) {
            real.writeCache(layer, from, count, keys, values);
        }

        @Override
        public void advance(int length) {
            real.advance(length);
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                openSequences.decrementAndGet();
                real.close();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"PREFILL, failed while it ran: the device has gone", "DECODE, failed while it ran: the device has gone",
            "DECODE_AND_CACHE, failed while it ran: the device has gone"})
    void aTextGoesOnOnTheCpuFromTheSamePosition(Fault fault, String reason) throws IOException {
        try (GgufFile file = GgufFile.open(TestModels.stories260K())) {
            DecoderGraph graph = DecoderGraph.of(file);
            float[][] expected;
            try (Decoder own = new VectorBackend().compile(graph, options())) {
                expected = logits(graph, own);
            }
            try (PlacedDecoder decoder = deploy(graph, new FailingBackend(fault, Acceleration.NPU), "npu", false)) {
                assertThat(decoder.placement().backend().name()).isEqualTo("failing");
                float[][] actual = logits(graph, decoder);
                for (int i = 0; i < expected.length; i++) {
                    assertThat(actual[i]).as("step %d", i).containsExactly(expected[i], within(1e-3f));
                }
                assertThat(decoder.placement().backend().name()).isEqualTo("vector");
                assertThat(decoder.placement().rejections())
                        .contains(new Placement.Rejection("failing", reason));
                assertThat(decoder.report().warnings()).singleElement().asString().contains(reason)
                        .contains("goes on on vector");
                assertThat(openDecoders).as("memory of the device").hasValue(0);
            }
            assertThat(openSequences).hasValue(0);
            // The next model does not try it again.
            try (PlacedDecoder next = deploy(graph, new FailingBackend(fault, Acceleration.NPU), "auto", false)) {
                assertThat(next.placement().backend().name()).isEqualTo("vector");
                assertThat(next.placement().rejections()).anySatisfy(
                        rejection -> assertThat(rejection.reason()).contains("set aside until the next start"));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"COMPILING, the driver does not like this network", "FIRST_TOKEN, the device has gone",
            "WRONG_LOGITS, more than", "NOT_A_NUMBER, logits differ by NaN"})
    void aDeviceThatDoesNotProveItselfIsNotTaken(Fault fault, String reason) throws IOException {
        try (GgufFile file = GgufFile.open(TestModels.stories260K())) {
            DecoderGraph graph = DecoderGraph.of(file);
            for (String place : List.of("npu", "auto")) {
                try (PlacedDecoder decoder = deploy(graph, new FailingBackend(fault, Acceleration.NPU), place,
                        false)) {
                    assertThat(decoder.placement().backend().name()).isEqualTo("vector");
                    assertThat(decoder.placement().rejections()).anySatisfy(rejection -> {
                        assertThat(rejection.backend()).isEqualTo("failing");
                        assertThat(rejection.reason()).contains(reason);
                    });
                    assertThat(decoder.report().warnings()).as(place).hasSize(place.equals("auto") ? 0 : 1)
                            .allSatisfy(warning -> assertThat(warning).contains(reason));
                }
                assertThat(openDecoders).hasValue(0);
                assertThat(openSequences).hasValue(0);
            }
            assertThatThrownBy(() -> deploy(graph, new FailingBackend(fault, Acceleration.NPU), "npu", true))
                    .isInstanceOf(BackendException.class).hasMessageContaining(reason);
            assertThat(openDecoders).hasValue(0);
        }
    }

    @Test
    void strictEndsTheTextInstead() throws IOException {
        try (GgufFile file = GgufFile.open(TestModels.stories260K())) {
            DecoderGraph graph = DecoderGraph.of(file);
            try (PlacedDecoder decoder = deploy(graph, new FailingBackend(Fault.DECODE, Acceleration.NPU), "npu",
                    true)) {
                assertThatThrownBy(() -> logits(graph, decoder))
                        .isInstanceOf(BackendException.class).hasMessage("the device has gone");
            }
            assertThat(openDecoders).hasValue(0);
            assertThat(openSequences).hasValue(0);
        }
    }

    @Test
    void whatDoesNotFitIntoMemoryIsLeftOutUnlessItWasAskedFor() throws IOException {
        try (GgufFile file = GgufFile.open(TestModels.stories260K())) {
            DecoderGraph graph = DecoderGraph.of(file);
            for (String place : List.of("auto", "npu")) {
                Deployment deployment = deployment(graph, new FailingBackend(Fault.DECODE, Acceleration.NPU), place,
                        false);
                deployment.fit(placement -> placement.divisions().getFirst().estimate(graph, options(), 100), 1000);
                assertThat(deployment.placement().backend().name())
                        .isEqualTo(place.equals("auto") ? "vector" : "failing");
                if (place.equals("auto")) {
                    assertThat(deployment.placement().rejections()).anySatisfy(
                            rejection -> assertThat(rejection.reason()).startsWith("memory: the model would take"));
                }
            }
        }
    }

    /** It takes 50 ms for what the CPU does in less than one. */
    @Test
    void aDeviceThatIsSlowerThanTheCpuIsTakenOnlyIfAskedFor() throws IOException {
        try (GgufFile file = GgufFile.open(TestModels.stories260K())) {
            DecoderGraph graph = DecoderGraph.of(file);
            try (PlacedDecoder decoder = deploy(graph, new FailingBackend(Fault.SLOW, Acceleration.GPU), "auto",
                    false)) {
                assertThat(decoder.placement().backend().name()).isEqualTo("vector");
                assertThat(decoder.placement().rejections()).anySatisfy(
                        rejection -> assertThat(rejection.reason()).startsWith("the CPU is faster: "));
                assertThat(decoder.report().warnings()).isEmpty();
            }
            try (PlacedDecoder decoder = deploy(graph, new FailingBackend(Fault.SLOW, Acceleration.GPU), "gpu",
                    false)) {
                assertThat(decoder.placement().backend().name()).isEqualTo("failing");
            }
        }
    }

    private static DecoderOptions options() {
        return new DecoderOptions(1, KvCacheType.F32, 16);
    }

    private Deployment deployment(DecoderGraph graph, ComputeBackend device, String place, boolean strict) {
        PlacementWish wish = PlacementWish.parse(place, strict);
        Planner planner = new Planner(graph, wish, new TargetResolver(List.of(device, new VectorBackend(),
                new ReferenceBackend()), () -> {
                    throw new AssertionError("nobody needs to look at the machine");
                }));
        return new Deployment(planner, wish, Optional.empty(), new PlacementMemory(folder));
    }

    private PlacedDecoder deploy(DecoderGraph graph, ComputeBackend device, String place, boolean strict) {
        return deployment(graph, device, place, strict).compile(graph, options(), 64);
    }

    /** A prompt in two parts, then greedy decode. */
    private static float[][] logits(DecoderGraph graph, Decoder decoder) {
        int vocabulary = graph.config().vocabularySize();
        int[] tokens = new int[PROMPT + DECODED];
        for (int i = 0; i < PROMPT; i++) {
            tokens[i] = 3 + 7 * i % 400;
        }
        float[][] logits = new float[1 + DECODED][vocabulary];
        try (DecoderSequence sequence = decoder.newSequence(PROMPT + DECODED)) {
            sequence.forward(tokens, 0, PROMPT / 2, null);
            sequence.forward(tokens, PROMPT / 2, PROMPT / 2, logits[0]);
            for (int i = 0; i < DECODED; i++) {
                int best = 0;
                for (int j = 1; j < vocabulary; j++) {
                    best = logits[i][j] > logits[i][best] ? j : best;
                }
                tokens[PROMPT + i] = best;
                sequence.forward(tokens, PROMPT + i, 1, logits[i + 1]);
            }
        }
        return logits;
    }
}
