package io.github.jnpu.convert.gguf;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.convert.tensor.TensorType;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Any bytes either are a model or give a {@link ModelFormatException}.
 *
 * <p>The build runs it in a JVM of its own with {@code JAZZER_FUZZ} set: it replays the seeds, then mutates them for as long as
 * {@code maxDuration} says. Without that variable, as from an IDE, it only replays. What it finds lies in the module's folder as
 * {@code crash-*}: the input that becomes a case of {@link MalformedGgufTest}.
 */
class GgufFuzz {
    private static final int VALUES = 1024;

    static Stream<byte[]> seeds() throws IOException {
        Path path = Files.createTempFile("seed", ".gguf");
        try {
            GgufWriter small = new GgufWriter().put("general.architecture", "llama")
                    .putUnsigned("llama.embedding_length", 32).putUnsigned("llama.block_count", 1)
                    .putUnsigned("llama.attention.head_count", 2).putUnsigned("llama.context_length", 16)
                    .putUnsigned("llama.feed_forward_length", 32).put("llama.rope.scaling.type", "yarn")
                    .put("llama.rope.scaling.factor", 2f)
                    .tensor("token_embd.weight", TensorType.Q4_0, new long[]{2, 32},
                            MemorySegment.ofArray(new byte[36]));
            for (TensorType type : TensorType.values()) {
                small.tensor(type.name(), type, new long[]{type.blockSize()},
                        MemorySegment.ofArray(new byte[type.bytesPerBlock()]));
            }
            small.write(path);
            byte[] tensors = Files.readAllBytes(path);
            new RandomModel("qwen2", new ModelSize(32, 1, 2, 1, 16, 32, 512, 64), FileType.Q8_0, true, 1).write(path);
            byte[] model = Files.readAllBytes(path);
            byte[] nested = new GgufBytes().header(3, 0, 1).key("a", GgufValueType.ARRAY)
                    .int32(GgufValueType.ARRAY.id()).int64(1).int32(GgufValueType.UINT8.id()).int64(1).raw((byte) 1)
                    .toByteArray();
            return Stream.of(tensors, model, nested, Arrays.copyOf(model, 3000));
        } finally {
            Files.delete(path);
        }
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "5s")
    void anyBytesAreAModelOrRefused(byte[] bytes) {
        try (GgufFile file = GgufFile.of(MemorySegment.ofArray(bytes), "fuzz.gguf")) {
            float[] values = new float[VALUES];
            for (ModelTensor tensor : file.tensors()) {
                int block = tensor.type().blockSize();
                if (Dequantizer.supports(tensor.type())) {
                    int count = (int) Math.min(VALUES, tensor.elementCount()) / block * block;
                    Dequantizer.dequantize(tensor.type(), tensor.data(), 0, values, 0, count);
                    Dequantizer.dequantize(tensor.type(), tensor.data(),
                            tensor.data().byteSize() - tensor.type().bytesPerBlock(), values, 0, block);
                }
            }
            for (String key : file.metadata().values().keySet()) {
                file.metadata().values().get(key).hashCode();
            }
            ModelConfig config = ModelConfig.of(file);
            if (config.heads() % config.keyValueHeads() != 0 || config.rope().dimensions() > config.keyLength()) {
                throw new AssertionError(config);
            }
        } catch (ModelFormatException e) {
            if (e.getMessage().lines().count() != 1) {
                throw new AssertionError("not one line: " + e.getMessage(), e);
            }
        }
    }
}
