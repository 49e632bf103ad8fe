package io.github.jnpu.engine.backend;

import com.sun.management.ThreadMXBean;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.placement.Placement;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The hot path allocates nothing. A vector that C2 boxes costs 64 bytes or more each time, thousands of times a token, and ten
 * times the speed; nothing else shows it. Types without a kernel of their own are not held to it: they copy each row once. Each
 * kernel by itself, at each width, is in {@code ProductAllocationTest}.
 */
class AllocationTest {
    private static final int DECODED = 64;
    /** Until the last kernel is compiled by C2; what is interpreted allocates by nature. */
    private static final int MAX_ROUNDS = 400;

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(value = FileType.class, names = {"F32", "F16", "BF16", "Q4_0", "Q8_0", "Q4_K_M", "Q6_K"})
    void aCompiledNetworkAllocatesNothing(FileType type) throws IOException {
        requireNoAllocation(type, KvCacheType.F16, 128);
    }

    @ParameterizedTest
    @EnumSource(KvCacheType.class)
    void noCacheTypeAllocates(KvCacheType cacheType) throws IOException {
        // Beyond what one chunk of the cache holds.
        requireNoAllocation(FileType.F32, cacheType, 544);
    }

    private void requireNoAllocation(FileType type, KvCacheType cacheType, int context)
            throws IOException {
        Path file = folder.resolve("random.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), type, false, 1).write(file);
        try (GgufFile model = GgufFile.open(file)) {
            DecoderGraph graph = DecoderGraph.of(model);
            ComputeBackend backend = Placement.find(graph, Optional.of("vector")).backend();
            // One thread, so that all that is allocated shows on this one.
            try (Decoder decoder = backend.compile(graph, new DecoderOptions(1, cacheType, 32));
                    DecoderSequence sequence = decoder.newSequence(context)) {
                int[] tokens = new int[context];
                float[] logits = new float[graph.config().vocabularySize()];
                long allocated = Long.MAX_VALUE;
                for (int round = 0; round < MAX_ROUNDS && allocated > 0; round++) {
                    allocated = allocatedBy(() -> {
                        sequence.truncate(0);
                        sequence.forward(tokens, 0, context - DECODED, null);
                        for (int i = context - DECODED; i < context; i++) {
                            sequence.forward(tokens, i, 1, logits);
                        }
                    });
                }
                assertThat(allocated).as("bytes in %d tokens of prefill and %d of decode", context - DECODED, DECODED)
                        .isZero();
            }
        }
    }

    private static long allocatedBy(Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
