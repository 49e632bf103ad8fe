package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.BlockSplit;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.convert.tensor.TensorType;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** A model's tensors as the constants that ONNX's operations take. */
final class MatrixInitializers {
    private static final int MIDDLE_OF_8_BITS = 128;
    private static final int MIDDLE_OF_4_BITS = 8;

    private MatrixInitializers() {}

    /**
     * The whole numbers of a quantised matrix [N, K] as MatMulNBits wants them, uint8 [N, K / block, bytes in a block]: unsigned around
     * the middle of their range, which is what is taken where no zero points are given; of two 4-bit numbers the first in the
     * low nibble.
     */
    static Initializer codes(ModelTensor tensor, BlockSplit split) {
        int columns = tensor.columns();
        int rowBytes = columns * split.bits() / Byte.SIZE;
        long[] dims = {tensor.rows(), columns / split.blockLength(), split.blockLength() * split.bits() / Byte.SIZE};
        Initializer.Computed content = target -> {
            byte[] packed = new byte[rowBytes];
            forEachRow(tensor, split, (row, codes, _, _) -> {
                if (split.bits() == Byte.SIZE) {
                    for (int i = 0; i < columns; i++) {
                        packed[i] = (byte) (codes[i] + MIDDLE_OF_8_BITS);
                    }
                } else {
                    for (int i = 0; i < rowBytes; i++) {
                        packed[i] = (byte) (codes[2 * i] + MIDDLE_OF_4_BITS
                                | codes[2 * i + 1] + MIDDLE_OF_4_BITS << 4);
                    }
                }
                MemorySegment.copy(packed, 0, target, ValueLayout.JAVA_BYTE, (long) row * rowBytes, rowBytes);
            });
        };
        return new Initializer(tensor.name() + ".codes", ElementType.UINT8, dims, content, true);
    }

    /** The factors of its blocks, float [N, K / block]. ONNX Runtime packs them with the numbers, but says that it has not. */
    static Initializer scales(ModelTensor tensor, BlockSplit split) {
        Initializer.Computed content = target -> forEachRow(tensor, split,
                (row, _, scales, _) -> copyRow(scales, row, target));
        return new Initializer(tensor.name() + OnnxModel.SCALES, ElementType.FLOAT, blocks(tensor, split), content,
                true);
    }

    /** What is added to each weight of a block, float [N, K / block]: a matrix to multiply sums of blocks with. */
    static Initializer offsets(ModelTensor tensor, BlockSplit split) {
        Initializer.Computed content = target -> forEachRow(tensor, split,
                (row, _, _, offsets) -> copyRow(offsets, row, target));
        return new Initializer(tensor.name() + ".offsets", ElementType.FLOAT, blocks(tensor, split), content, true);
    }

    private static long[] blocks(ModelTensor tensor, BlockSplit split) {
        return new long[]{tensor.rows(), tensor.columns() / split.blockLength()};
    }

    private static void copyRow(float[] values, int row, MemorySegment target) {
        MemorySegment.copy(values, 0, target, ValueLayout.JAVA_FLOAT_UNALIGNED,
                (long) row * values.length * Float.BYTES,
                values.length);
    }

    /** Any tensor as floats: F32 as it lies in the file, all else widened. */
    static Initializer floats(ModelTensor tensor, boolean packable) {
        boolean asStored = tensor.type() == TensorType.F32 && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        if (asStored && tensor.data().isNative()) {
            return new Initializer(tensor.name(), ElementType.FLOAT, tensor.shape(),
                    new Initializer.Stored(tensor.data()), packable);
        }
        int columns = tensor.columns();
        int rows = tensor.rows();
        Initializer.Computed content = target -> {
            float[] values = new float[columns];
            for (int row = 0; row < rows; row++) {
                Dequantizer.dequantize(tensor.type(), tensor.data(), row * tensor.rowBytes(), values, 0, columns);
                MemorySegment.copy(values, 0, target, ValueLayout.JAVA_FLOAT_UNALIGNED,
                        (long) row * columns * Float.BYTES,
                        columns);
            }
        };
        // Not the tensor's own name: an F16 table may be looked up as it is and multiplied with as floats.
        return new Initializer(tensor.name() + ".f32", ElementType.FLOAT, tensor.shape(), content, packable);
    }

    /** A matrix [N, K] as floats [K, N]. */
    static Initializer transposed(ModelTensor tensor) {
        int columns = tensor.columns();
        int rows = tensor.rows();
        Initializer.Computed content = target -> {
            float[] values = new float[columns];
            for (int row = 0; row < rows; row++) {
                Dequantizer.dequantize(tensor.type(), tensor.data(), row * tensor.rowBytes(), values, 0, columns);
                for (int column = 0; column < columns; column++) {
                    target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, ((long) column * rows + row) * Float.BYTES,
                            values[column]);
                }
            }
        };
        return new Initializer(tensor.name() + ".transposed", ElementType.FLOAT, new long[]{columns, rows}, content,
                true);
    }

    /** An F16 tensor as it lies in the file. */
    static Initializer halves(ModelTensor tensor) {
        return new Initializer(tensor.name(), ElementType.FLOAT16, tensor.shape(),
                new Initializer.Stored(tensor.data()), false);
    }

    @FunctionalInterface
    interface RowReader {
        void read(int row, byte[] codes, float[] scales, float[] offsets);
    }

    /** Reads a quantised matrix row by row; the arrays are the same each time. */
    static void forEachRow(ModelTensor tensor, BlockSplit split, RowReader reader) {
        TensorType type = tensor.type();
        int columns = tensor.columns();
        int rowBytes = Math.toIntExact(tensor.rowBytes());
        byte[] packed = new byte[rowBytes];
        byte[] codes = new byte[columns];
        float[] scales = new float[columns / split.blockLength()];
        float[] offsets = new float[scales.length];
        for (int row = 0, rows = tensor.rows(); row < rows; row++) {
            MemorySegment.copy(tensor.data(), ValueLayout.JAVA_BYTE, (long) row * rowBytes, packed, 0, rowBytes);
            for (int at = 0, to = 0; at < rowBytes; at += type.bytesPerBlock(), to += type.blockSize()) {
                split.reader().read(packed, at, codes, to, scales, offsets);
            }
            reader.read(row, codes, scales, offsets);
        }
    }
}
