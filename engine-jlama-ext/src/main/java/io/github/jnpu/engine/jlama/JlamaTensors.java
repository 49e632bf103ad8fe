package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.BFloat16BufferTensor;
import com.github.tjake.jlama.tensor.FloatBufferTensor;
import com.github.tjake.jlama.tensor.Q4ByteBufferTensor;
import com.github.tjake.jlama.tensor.TensorShape;
import com.github.tjake.jlama.util.MachineSpec;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.jlama.JlamaLayout.Axis;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Makes jlama's tensors from GGUF's. Thread-safe; owns the memory of the copies. */
final class JlamaTensors implements AutoCloseable {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int CACHE_LINE = 64;
    /** Q4_0's block: an f16 scale, then 16 bytes with a nibble of the first and one of the second half each. */
    private static final int Q4_SCALE_BYTES = 2;
    private static final int Q4_NIBBLE_BYTES = 16;
    /** The BF16 kernels take as many columns at once as the widest vector has shorts. */
    private static final int BF16_COLUMNS = 32;

    private final JlamaLayout layout;
    private final Arena arena = Arena.ofShared();

    JlamaTensors(JlamaLayout layout) {
        this.layout = layout;
    }

    /** How a matrix is kept. */
    DType matrixType(ModelTensor tensor) {
        if (layout.isPadded()) {
            return DType.F32;
        }
        return switch (tensor.type()) {
            case Q4_0 -> readsFourBit() ? DType.Q4 : DType.F32;
            case BF16 -> tensor.columns() % BF16_COLUMNS == 0 ? DType.BF16 : DType.F32;
            default -> DType.F32;
        };
    }

    /** jlama multiplies floats with four-bit weights on AVX2 and AVX-512 only. */
    static boolean readsFourBit() {
        return MachineSpec.VECTOR_TYPE == MachineSpec.Type.AVX_256
                || MachineSpec.VECTOR_TYPE == MachineSpec.Type.AVX_512;
    }

    /** A vector as F32, every value multiplied with {@code factor}. */
    AbstractTensor<?, ?> vector(String name, ModelTensor tensor, Axis axis, float factor) {
        int length = tensor.columns();
        float[] values = read(tensor, 0);
        float[] placed = new float[layout.length(axis, length)];
        for (int i = 0; i < length; i++) {
            placed[layout.place(axis, i)] = values[i] * factor;
        }
        MemorySegment target = allocate(name, (long) placed.length * Float.BYTES);
        MemorySegment.copy(placed, 0, target, ValueLayout.JAVA_FLOAT, 0, placed.length);
        return floats(name, target, placed.length);
    }

    AbstractTensor<?, ?> matrix(String name, ModelTensor tensor, Axis rows, Axis columns, DType type) {
        if (tensor.elementCount() > Integer.MAX_VALUE) {
            throw new EngineException("tensor '%s' has %d values, jlama counts to 2 billion".formatted(name,
                    tensor.elementCount()));
        }
        return switch (type) {
            case Q4 -> fourBit(name, tensor, rows);
            case BF16 -> brainFloats(name, tensor, rows);
            default -> floats(name, tensor, rows, columns);
        };
    }

    private AbstractTensor<?, ?> floats(String name, ModelTensor tensor, Axis rows, Axis columns) {
        int width = layout.length(columns, tensor.columns());
        int height = layout.length(rows, tensor.rows());
        if (tensor.type() == TensorType.F32 && layout.isIdentity(rows) && layout.isIdentity(columns)
                && tensor.data().byteSize() <= Integer.MAX_VALUE) {
            return floats(name, tensor.data(), height, width);
        }
        MemorySegment target = allocate(name, (long) height * width * Float.BYTES);
        float[] placed = new float[width];
        for (int row = 0; row < tensor.rows(); row++) {
            float[] values = read(tensor, row);
            for (int i = 0; i < values.length; i++) {
                placed[layout.place(columns, i)] = values[i];
            }
            MemorySegment.copy(placed, 0, target, ValueLayout.JAVA_FLOAT,
                    (long) layout.place(rows, row) * width * Float.BYTES, width);
        }
        return floats(name, target, height, width);
    }

    private AbstractTensor<?, ?> brainFloats(String name, ModelTensor tensor, Axis rows) {
        int width = tensor.columns();
        MemorySegment data = tensor.data();
        if (tensor.type() != TensorType.BF16 || !layout.isIdentity(rows)) {
            data = allocate(name, (long) tensor.rows() * width * Short.BYTES);
            for (int row = 0; row < tensor.rows(); row++) {
                long to = (long) layout.place(rows, row) * width * Short.BYTES;
                if (tensor.type() == TensorType.BF16) {
                    MemorySegment.copy(tensor.data(), row * tensor.rowBytes(), data, to, tensor.rowBytes());
                } else {
                    round(read(tensor, row), data, to);
                }
            }
        }
        return new BFloat16BufferTensor(name, bytes(name, data).asShortBuffer(),
                TensorShape.of(tensor.rows(), width), true);
    }

    /** Rounds to the nearest BF16, ties to even. */
    private static void round(float[] values, MemorySegment target, long offset) {
        for (int i = 0; i < values.length; i++) {
            int bits = Float.floatToRawIntBits(values[i]);
            int rounded = bits + 0x7fff + (bits >>> 16 & 1);
            target.set(SHORT, offset + (long) i * Short.BYTES, (short) (rounded >>> 16));
        }
    }

    private AbstractTensor<?, ?> fourBit(String name, ModelTensor tensor, Axis rows) {
        int blocks = tensor.columns() / tensor.type().blockSize();
        MemorySegment nibbles = allocate(name, (long) tensor.rows() * blocks * Q4_NIBBLE_BYTES);
        MemorySegment scales = allocate(name, (long) tensor.rows() * blocks * Float.BYTES);
        MemorySegment source = tensor.data();
        long from = 0;
        for (int row = 0; row < tensor.rows(); row++) {
            long to = (long) layout.place(rows, row) * blocks;
            for (int block = 0; block < blocks; block++, to++) {
                scales.setAtIndex(ValueLayout.JAVA_FLOAT, to, Float.float16ToFloat(source.get(SHORT, from)));
                from += Q4_SCALE_BYTES;
                MemorySegment.copy(source, from, nibbles, to * Q4_NIBBLE_BYTES, Q4_NIBBLE_BYTES);
                from += Q4_NIBBLE_BYTES;
            }
        }
        return new Q4ByteBufferTensor(name, bytes(name, nibbles),
                new FloatBufferTensor(name, bytes(name, scales).asFloatBuffer(),
                        TensorShape.of(tensor.rows(), blocks), true),
                TensorShape.of(tensor.rows(), tensor.columns()), true);
    }

    private static float[] read(ModelTensor tensor, int row) {
        float[] values = new float[tensor.columns()];
        Dequantizer.dequantize(tensor.type(), tensor.data(), row * tensor.rowBytes(), values, 0, values.length);
        return values;
    }

    private static FloatBufferTensor floats(String name, MemorySegment data, int... shape) {
        return new FloatBufferTensor(name, bytes(name, data).asFloatBuffer(), TensorShape.of(shape), true);
    }

    private static ByteBuffer bytes(String name, MemorySegment data) {
        if (data.byteSize() > Integer.MAX_VALUE) {
            throw tooLarge(name, data.byteSize());
        }
        return data.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    private MemorySegment allocate(String name, long bytes) {
        if (bytes > Integer.MAX_VALUE) {
            throw tooLarge(name, bytes);
        }
        return arena.allocate(bytes, CACHE_LINE);
    }

    private static EngineException tooLarge(String name, long size) {
        return new EngineException("tensor '%s' has %d bytes, jlama's tensors end at 2 GiB".formatted(name, size));
    }

    @Override
    public void close() {
        arena.close();
    }
}
