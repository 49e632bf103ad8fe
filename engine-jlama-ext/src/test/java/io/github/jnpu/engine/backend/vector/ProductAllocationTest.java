package io.github.jnpu.engine.backend.vector;

import com.sun.management.ThreadMXBean;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Quantizer;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;
import io.github.jnpu.engine.backend.cpu.Scratch;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;
import io.github.jnpu.engine.backend.vector.RandomBlocks.Scales;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.EnumSet;
import java.util.SplittableRandom;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Products allocate nothing, for every weight type with a kernel of its own, in prefill and in decode. A vector that C2 boxes costs
 * 32 bytes or more each time, millions of times a token, and ten times the speed. Compiling depends on the width, so the build runs
 * this for 512, 256 and 128 bits too.
 */
class ProductAllocationTest {
    private static final EnumSet<TensorType> KERNELS = EnumSet.of(TensorType.F32, TensorType.F16, TensorType.BF16,
            TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1, TensorType.Q8_0, TensorType.MXFP4,
            TensorType.IQ4_NL, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K);
    private static final int ROWS = 70;
    private static final int COLUMNS = 1024;
    private static final int CALLS = 20;
    /** Until C2 has compiled the kernel, which code that is interpreted until then allocates for; a loaded machine takes its time. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    static Stream<Arguments> kernels() {
        return Stream.of(false, true).flatMap(repack -> types(repack).map(type -> Arguments.of(type, repack)));
    }

    private static Stream<TensorType> types(boolean repack) {
        return Stream.of(TensorType.values()).filter(Quantizer::supports).filter(type -> {
            try (Arena arena = Arena.ofShared()) {
                WeightMatrix matrix = matrix(type, repack, type.blockSize(), arena);
                return repack ? matrix.packedBytes() > 0 : !(matrix instanceof DequantizedMatrix);
            }
        });
    }

    private static WeightMatrix matrix(TensorType type, boolean repack, int columns, Arena arena) {
        byte[] bytes = new RandomBlocks(type, new SplittableRandom(1)).bytes(ROWS * columns, Scales.ORDINARY);
        MemorySegment data = arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
        ModelTensor tensor = new ModelTensor("w", type, new long[]{ROWS, columns}, data);
        if (!repack) {
            return new VectorKernels().prepare(tensor, arena);
        }
        WeightMatrix matrix = new VectorKernels().repack(tensor, arena);
        matrix.place(MemoryAdvice.allocate(arena, matrix.packedBytes()));
        matrix.load(0, ROWS);
        return matrix;
    }

    @Test
    void noTypeHasLostItsKernel() {
        EnumSet<TensorType> expected = EnumSet.copyOf(KERNELS);
        if (Lanes.FLOAT.length() == 4) {
            // Their kernels are for 256 and 512 bits.
            expected.removeAll(EnumSet.of(TensorType.IQ4_NL, TensorType.MXFP4));
        }
        assertThat(types(false)).containsAll(expected);
        assertThat(types(true)).containsExactlyInAnyOrder(TensorType.Q4_0, TensorType.Q8_0, TensorType.Q4_K,
                TensorType.Q6_K);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void decodeAllocatesNothing(TensorType type, boolean repack) {
        try (Arena arena = Arena.ofShared()) {
            WeightMatrix matrix = matrix(type, repack, COLUMNS, arena);
            Scratch scratch = Scratch.of(matrix, 1);
            float[] input = new float[COLUMNS];
            float[] output = new float[ROWS];
            assertAllocatesNothing(() -> matrix.multiplyOne(input, output, 0, 0, ROWS, scratch));
        }
    }

    /** 7 tokens and 70 rows leave a rest of every tile there may be. */
    @ParameterizedTest
    @MethodSource("kernels")
    void prefillAllocatesNothing(TensorType type, boolean repack) {
        int tokens = 7;
        try (Arena arena = Arena.ofShared()) {
            WeightMatrix matrix = matrix(type, repack, COLUMNS, arena);
            Scratch scratch = Scratch.of(matrix, tokens);
            float[] input = new float[tokens * COLUMNS];
            MemorySegment panels = PackedInput.of(new VectorKernels(), input, tokens, COLUMNS);
            float[] output = new float[tokens * ROWS];
            assertAllocatesNothing(() -> matrix.multiply(input, panels, tokens, output, 0, 0, ROWS, scratch));
        }
    }

    private static void assertAllocatesNothing(Runnable product) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long start = System.nanoTime();
        long allocated;
        do {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                product.run();
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        } while (allocated > 0 && System.nanoTime() - start < PATIENCE.toNanos());
        assertThat(allocated).as("bytes in %d calls", CALLS).isZero();
    }
}
