package io.github.jnpu.engine.backend.vector;

import com.sun.management.ThreadMXBean;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;
import io.github.jnpu.engine.backend.cpu.Scratch;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Decode's kernels stay below the size from which C2 puts off inlining ({@code NodeCountInliningCutoff}, a constant of HotSpot:
 * 18,000 nodes made while it parses). Above it vectors may be boxed, depending on what else the process has compiled; counting
 * allocations finds that only sometimes, this finds it always.
 */
class KernelSizeTest {
    private static final int CUTOFF = 18_000;
    /** Profiles that other code has widened add some hundred nodes. */
    private static final int MOST = CUTOFF * 95 / 100;
    private static final Pattern TASK = Pattern.compile("<task compile_id='\\d+' .*?method='\\S*\\.(\\w+) (\\w+) .*");
    private static final Pattern PARSED = Pattern.compile("<parse_done nodes='(\\d+)'.*");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {512, 256, 128})
    void kernelsAreCompiledInOnePiece(int bits) throws IOException, InterruptedException {
        Path log = folder.resolve("compilation.xml");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                "-D" + Lanes.BITS_PROPERTY + "=" + bits, "-XX:+IgnoreUnrecognizedVMOptions",
                // Narrower vectors as processors have them that have no wider ones.
                bits == 512 ? "-XX:UseAVX=3" : "-XX:UseAVX=2", "-XX:+UnlockDiagnosticVMOptions", "-XX:+LogCompilation",
                "-XX:LogFile=" + log, "-cp", System.getProperty("java.class.path"), Kernels.class.getName())
                .redirectErrorStream(true).redirectOutput(folder.resolve("output").toFile()).start();
        assertThat(process.waitFor()).as(Files.readString(folder.resolve("output"))).isZero();
        Map<String, Integer> sizes = sizes(log);
        boolean rotates = bits == 512 && Lanes.ROTATES;
        assertThat(sizes.keySet()).contains((rotates ? "PackedProduct" : "ConvertedProduct") + ".multiplyNibbles",
                (rotates ? "PackedProduct" : "ConvertedProduct") + ".multiplyBytes",
                rotates ? "PackedQ6KMatrix.multiplyTwo" : "PackedQ6KMatrix.convertTwo", "HalfFloatMatrix.multiplyFour",
                "BFloat16Matrix.multiplyFour",
                "Float32Matrix.multiplyFour");
        assertThat(sizes).allSatisfy((method, size) -> assertThat(size).as(method).isLessThan(MOST));
    }

    /** The largest number of nodes that C2 had made when it had parsed a method of the kernels. */
    private static Map<String, Integer> sizes(Path log) throws IOException {
        Map<String, Integer> sizes = new TreeMap<>();
        String method = null;
        try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            for (String line : (Iterable<String>) lines::iterator) {
                Matcher task = TASK.matcher(line);
                Matcher parsed = PARSED.matcher(line);
                if (task.matches()) {
                    boolean kernel = task.group(1).matches("(Packed|Converted).*") || task.group(1).matches(
                            "HalfFloatMatrix|BFloat16Matrix|Float32Matrix");
                    // The first compiler's tasks name their level.
                    method = kernel && !line.contains(" level='") ? task.group(1) + "." + task.group(2) : null;
                } else if (method != null && parsed.matches()) {
                    sizes.merge(method, Integer.valueOf(parsed.group(1)), Math::max);
                }
            }
        }
        return sizes;
    }

    /** Runs in a process of its own. */
    static final class Kernels {
        private static final int ROWS = 64;
        private static final int COLUMNS = 1024;
        private static final int CALLS = 20;
        private static final long PATIENCE_NANOS = 20_000_000_000L;

        private Kernels() {}

        public static void main(String[] arguments) {
            for (TensorType type : List.of(TensorType.Q4_0, TensorType.Q8_0, TensorType.Q4_K, TensorType.Q6_K,
                    TensorType.F16, TensorType.BF16, TensorType.F32)) {
                try (Arena arena = Arena.ofShared()) {
                    MemorySegment data = arena.allocate(type.byteSize((long) ROWS * COLUMNS), 64);
                    WeightMatrix matrix = new VectorKernels().repack(
                            new ModelTensor("w", type, new long[]{ROWS, COLUMNS}, data), arena);
                    matrix.place(MemoryAdvice.allocate(arena, matrix.packedBytes()));
                    matrix.load(0, ROWS);
                    Scratch scratch = Scratch.of(matrix, 1);
                    float[] input = new float[COLUMNS];
                    float[] output = new float[COLUMNS];
                    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
                    long start = System.nanoTime();
                    long before;
                    // As long as the kernel is interpreted, its vectors are objects.
                    do {
                        before = threads.getCurrentThreadAllocatedBytes();
                        for (int i = 0; i < CALLS; i++) {
                            matrix.multiplyOne(input, output, 0, 0, ROWS, scratch);
                            matrix.copyRow(ROWS - 1, output, 0);
                        }
                    } while (threads.getCurrentThreadAllocatedBytes() > before
                            && System.nanoTime() - start < PATIENCE_NANOS);
                }
            }
        }
    }
}
