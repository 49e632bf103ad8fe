package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.convert.tensor.Quantizer;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.backend.cpu.Scratch;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;
import io.github.jnpu.engine.backend.vector.RandomBlocks.Scales;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The products of every weight type against a sum in double precision over the weights as {@link Dequantizer} reads them, which
 * is bit for bit as ggml does. At the width that {@code jnpu.vector.bits} says; the build runs it for 512, 256 and 128 bits.
 *
 * <p>The tolerance is a bound, not a guess. A float operation is off by at most 2^-24 of its result, so a sum is off by at most
 * depth * 2^-24 of the sum of its terms' magnitudes, depth being the number of roundings that a term goes through. A kernel adds
 * no more often than there are columns; making the weight from its block and what comes after the sum add less than
 * {@value #OTHER_ROUNDINGS}. A kernel may take the constant part of a weight apart (the 8 of a Q4_0, the minimum of a Q4_K) and
 * multiply that with the sum of the activations: then the parts' magnitudes count, not that of their difference. A wrong weight or
 * a wrong pair is off by some {@code 1 / columns} of that sum, which at 512 columns is 60 times the tolerance.
 */
class ProductParityTest {
    private static final double ROUNDING = 0x1p-24;
    private static final int OTHER_ROUNDINGS = 32;
    /** Half of the distance between floats near 0. */
    private static final double UNDERFLOW = 0x1p-150;

    private static final int[] BATCHES = {1, 2, 3, 4, 5, 7, 8, 16, 33};
    /** What the output holds before, to see what was written. */
    private static final float UNTOUCHED = Float.NaN;
    private static final int OUTPUT_OFFSET = 3;

    private final SplittableRandom random = new SplittableRandom(42);

    @TempDir
    Path folder;

    static Stream<TensorType> types() {
        return Stream.of(TensorType.values()).filter(Quantizer::supports);
    }

    /** A matrix, as the kernel has it and as doubles. */
    private record Fixture(TensorType type, int rows, int columns, WeightMatrix matrix, float[] weights,
            float[] offsets) {}

    private Fixture fixture(TensorType type, int rows, int columns, byte[] bytes, MemorySegment data, Arena arena) {
        MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
        float[] weights = new float[rows * columns];
        float[] offsets = new float[rows * columns];
        Dequantizer.dequantize(type, MemorySegment.ofArray(bytes), 0, weights, 0, weights.length);
        Dequantizer.dequantize(type, MemorySegment.ofArray(new RandomBlocks(type, random).offsets(bytes)), 0, offsets,
                0,
                offsets.length);
        WeightMatrix matrix = matrix(new ModelTensor("w", type, new long[]{rows, columns}, data.asReadOnly()), arena);
        return new Fixture(type, rows, columns, matrix, weights, offsets);
    }

    /** The layout under test: the file's own. */
    WeightMatrix matrix(ModelTensor tensor, Arena arena) {
        return new VectorKernels().prepare(tensor, arena);
    }

    /** Weights as a quantiser writes them, in memory that ends with them. */
    private Fixture quantized(TensorType type, int rows, int columns, Arena arena) {
        byte[] bytes = new byte[(int) type.byteSize((long) rows * columns)];
        Quantizer.quantize(type, gaussian(rows * columns, 1), 0, rows * columns, MemorySegment.ofArray(bytes), 0);
        return fixture(type, rows, columns, bytes, arena.allocate(bytes.length, 64), arena);
    }

    private float[] gaussian(int count, double deviation) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * deviation);
        }
        return values;
    }

    @ParameterizedTest
    @MethodSource("types")
    void productsAreThoseOfDoublePrecision(TensorType type) {
        int block = type.blockSize();
        int[] widths = block == 1 ? new int[]{1, 7, 15, 33, 172, 512} : new int[]{block, 3 * block, 7 * block};
        try (Arena arena = Arena.ofShared()) {
            for (int columns : widths) {
                for (int rows : new int[]{1, 5, 37}) {
                    Fixture fixture = quantized(type, rows, columns, arena);
                    for (int tokens : BATCHES) {
                        float[] input = gaussian(tokens * columns, 1);
                        assertProducts(fixture, input, tokens, multiply(fixture.matrix, input, tokens));
                    }
                    float[] input = gaussian(columns, 1);
                    assertProducts(fixture, input, 1, multiplyOne(fixture.matrix, input));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void extremeScalesAndActivationsChangeNothing(TensorType type) {
        int rows = 5;
        int columns = Math.max(2 * type.blockSize(), 96);
        RandomBlocks blocks = new RandomBlocks(type, random);
        try (Arena arena = Arena.ofShared()) {
            for (Scales scales : Scales.values()) {
                byte[] bytes = blocks.bytes(rows * columns, scales);
                Fixture fixture = fixture(type, rows, columns, bytes, arena.allocate(bytes.length, 64), arena);
                for (double size : new double[]{0, 1e-6, 1, 1e4}) {
                    int tokens = 3;
                    float[] input = gaussian(tokens * columns, size);
                    assertProducts(fixture, input, tokens, multiply(fixture.matrix, input, tokens));
                    float[] one = Arrays.copyOf(input, columns);
                    assertProducts(fixture, one, 1, multiplyOne(fixture.matrix, one));
                }
            }
        }
    }

    /** Nothing but the blocks' own size says where they start: GGUF aligns tensors, other formats do not. */
    @ParameterizedTest
    @MethodSource("types")
    void aMatrixMayStartAnywhere(TensorType type) {
        int rows = 5;
        int columns = Math.max(2 * type.blockSize(), 48);
        RandomBlocks blocks = new RandomBlocks(type, random);
        try (Arena arena = Arena.ofShared()) {
            for (int start : new int[]{1, 2, 7, 34}) {
                byte[] bytes = blocks.bytes(rows * columns, Scales.ORDINARY);
                MemorySegment memory = arena.allocate(start + bytes.length, 64);
                Fixture fixture = fixture(type, rows, columns, bytes, memory.asSlice(start), arena);
                float[] input = gaussian(2 * columns, 1);
                assertProducts(fixture, input, 2, multiply(fixture.matrix, input, 2));
                float[] one = Arrays.copyOf(input, columns);
                assertProducts(fixture, one, 1, multiplyOne(fixture.matrix, one));
            }
        }
    }

    /**
     * The last row ends where the file ends, and what is mapped behind has no file any more: whoever reads it, even a byte of it and
     * for nothing, gets a bus error, which no check of the memory segment has to notice first. Windows cuts no file that is mapped.
     */
    @ParameterizedTest
    @MethodSource("types")
    @DisabledOnOs(OS.WINDOWS)
    void nothingBehindTheFileIsRead(TensorType type) throws IOException {
        // A multiple of every page size there is.
        int page = 1 << 16;
        RandomBlocks blocks = new RandomBlocks(type, random);
        try (Arena arena = Arena.ofShared();
                FileChannel channel = FileChannel.open(folder.resolve("weights"), StandardOpenOption.CREATE,
                        StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MemorySegment map = channel.map(FileChannel.MapMode.READ_WRITE, 0, 2 * page, arena);
            channel.truncate(page);
            int unit = Math.max(type.blockSize(), 16);
            for (int columns : type.blockSize() == 1 ? new int[]{1, 23, 64} : new int[]{unit, 3 * unit}) {
                for (int rows : new int[]{1, 3, 16}) {
                    byte[] bytes = blocks.bytes(rows * columns, Scales.ORDINARY);
                    Fixture fixture = fixture(type, rows, columns, bytes,
                            map.asSlice(page - bytes.length, bytes.length), arena);
                    for (int tokens : new int[]{1, 4, 5}) {
                        float[] input = gaussian(tokens * columns, 1);
                        assertProducts(fixture, input, tokens, multiply(fixture.matrix, input, tokens));
                    }
                    float[] input = gaussian(columns, 1);
                    assertProducts(fixture, input, 1, multiplyOne(fixture.matrix, input));
                    fixture.matrix.copyRow(rows - 1, new float[columns], 0);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void aTokensResultDoesNotDependOnItsNeighbours(TensorType type) {
        int columns = Math.max(2 * type.blockSize(), 96);
        int tokens = 33;
        try (Arena arena = Arena.ofShared()) {
            Fixture fixture = quantized(type, 37, columns, arena);
            float[] input = gaussian(tokens * columns, 1);
            float[] together = multiply(fixture.matrix, input, tokens);
            for (int t = 0; t < tokens; t++) {
                float[] alone = multiply(fixture.matrix, Arrays.copyOfRange(input, t * columns, (t + 1) * columns), 1);
                assertThat(Arrays.copyOfRange(together, t * fixture.rows, (t + 1) * fixture.rows)).as("token %d", t)
                        .containsExactly(alone);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void rowsAreDequantizedBitForBit(TensorType type) {
        int columns = Math.max(2 * type.blockSize(), 45);
        RandomBlocks blocks = new RandomBlocks(type, random);
        try (Arena arena = Arena.ofShared()) {
            for (Scales scales : Scales.values()) {
                byte[] bytes = blocks.bytes(3 * columns, scales);
                Fixture fixture = fixture(type, 3, columns, bytes, arena.allocate(bytes.length, 64), arena);
                float[] row = new float[columns + 3];
                fixture.matrix.copyRow(1, row, 3);
                assertThat(Arrays.copyOfRange(row, 3, columns + 3)).as("%s scales", scales)
                        .containsExactly(Arrays.copyOfRange(fixture.weights, columns, 2 * columns));
            }
        }
    }

    /** Prefill in the shares that workers have: all but the last a multiple of the granularity. */
    private static float[] multiply(WeightMatrix matrix, float[] input, int tokens) {
        float[] output = untouched(tokens * matrix.rows());
        Scratch scratch = Scratch.of(matrix, tokens);
        MemorySegment panels = PackedInput.of(new VectorKernels(), input, tokens, matrix.columns());
        for (int[] share : shares(matrix)) {
            matrix.multiply(input, panels, tokens, output, OUTPUT_OFFSET, share[0], share[1], scratch);
        }
        return written(output);
    }

    private static float[] multiplyOne(WeightMatrix matrix, float[] input) {
        float[] output = untouched(matrix.rows());
        Scratch scratch = Scratch.of(matrix, 1);
        for (int[] share : shares(matrix)) {
            matrix.multiplyOne(input, output, OUTPUT_OFFSET, share[0], share[1], scratch);
        }
        return written(output);
    }

    private static List<int[]> shares(WeightMatrix matrix) {
        int border = Math.min(matrix.rows(), matrix.rowGranularity());
        return border == matrix.rows()
                ? List.of(new int[]{0, border})
                : List.of(new int[]{0, border}, new int[]{border, matrix.rows()});
    }

    private static float[] untouched(int values) {
        float[] output = new float[values + 2 * OUTPUT_OFFSET];
        Arrays.fill(output, UNTOUCHED);
        return output;
    }

    private static float[] written(float[] output) {
        assertThat(Arrays.copyOf(output, OUTPUT_OFFSET)).containsOnly(UNTOUCHED);
        assertThat(Arrays.copyOfRange(output, output.length - OUTPUT_OFFSET, output.length)).containsOnly(UNTOUCHED);
        return Arrays.copyOfRange(output, OUTPUT_OFFSET, output.length - OUTPUT_OFFSET);
    }

    private static void assertProducts(Fixture fixture, float[] input, int tokens, float[] actual) {
        int columns = fixture.columns;
        double relative = (columns + OTHER_ROUNDINGS) * ROUNDING;
        for (int r = 0; r < fixture.rows; r++) {
            for (int t = 0; t < tokens; t++) {
                double expected = 0;
                double tolerance = columns * UNDERFLOW;
                for (int i = 0; i < columns; i++) {
                    double weight = fixture.weights[r * columns + i];
                    double x = input[t * columns + i];
                    expected += weight * x;
                    double magnitude = Math.abs(weight) + 2 * Math.abs(fixture.offsets[r * columns + i]);
                    tolerance += Math.abs(x) * (magnitude * relative + UNDERFLOW);
                }
                double error = Math.abs(actual[t * fixture.rows + r] - expected);
                // Not isCloseTo, which takes ten times as long; there are a million of them. NaN fails too.
                if (!(error <= tolerance)) {
                    throw new AssertionError("%s %d x %d, row %d, token %d of %d: %s instead of %s, tolerance %s"
                            .formatted(fixture.type, fixture.rows, columns, r, t, tokens, actual[t * fixture.rows + r],
                                    expected, tolerance));
                }
            }
        }
    }
}
