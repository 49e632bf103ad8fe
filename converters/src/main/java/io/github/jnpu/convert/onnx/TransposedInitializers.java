package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.BlockSplit;
import io.github.jnpu.convert.tensor.Dequantizer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A model's matrices [N, K] as {@code DequantizeLinear} makes the right side of a product out of them, [K, N]: numbers and factors lie
 * transposed. The file's rows are read in panels, so that each cache line of the target is written few times.
 */
final class TransposedInitializers {
    private static final int PANEL_ROWS = 64;
    private static final int LARGEST_CODE = 127;

    private TransposedInitializers() {}

    /** The whole numbers, int4 [K, N] where four bits are enough, else int8. */
    static Initializer codes(ModelTensor tensor, BlockSplit split) {
        // Two rows of a panel make a byte; an odd number of rows would put them into different ones.
        boolean nibbles = split.bits() == 4 && tensor.rows() % 2 == 0;
        ElementType type = nibbles ? ElementType.INT4 : ElementType.INT8;
        Initializer.Computed content = target -> {
            Panel panel = new Panel(tensor, target, nibbles);
            MatrixInitializers.forEachRow(tensor, split, (row, codes, _, _) -> panel.add(row, codes));
        };
        return new Initializer(tensor.name() + ".transposed_codes", type, new long[]{tensor.columns(), tensor.rows()},
                content, true);
    }

    /** The factors of its blocks, float [K / block, N]. */
    static Initializer scales(ModelTensor tensor, BlockSplit split) {
        Initializer.Computed content = target -> MatrixInitializers.forEachRow(tensor, split,
                (row, _, scales, _) -> setColumn(target, tensor.rows(), row, scales));
        return new Initializer(tensor.name() + ".transposed_scales", ElementType.FLOAT, blocks(tensor, split), content,
                false);
    }

    /** What is added to each weight of a block, float [K / block, N]: a matrix to multiply sums of blocks with. */
    static Initializer offsets(ModelTensor tensor, BlockSplit split) {
        Initializer.Computed content = target -> MatrixInitializers.forEachRow(tensor, split,
                (row, _, _, offsets) -> setColumn(target, tensor.rows(), row, offsets));
        return new Initializer(tensor.name() + ".transposed_offsets", ElementType.FLOAT, blocks(tensor, split),
                content, true);
    }

    private static long[] blocks(ModelTensor tensor, BlockSplit split) {
        return new long[]{tensor.columns() / split.blockLength(), tensor.rows()};
    }

    private static void setColumn(MemorySegment target, int rows, int row, float[] values) {
        for (int i = 0; i < values.length; i++) {
            target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, ((long) i * rows + row) * Float.BYTES, values[i]);
        }
    }

    /** Each row rounded to int8 [K, N] with one factor: the largest weight becomes 127. */
    static Initializer channelCodes(ModelTensor tensor) {
        Initializer.Computed content = target -> {
            Panel panel = new Panel(tensor, target, false);
            byte[] codes = new byte[tensor.columns()];
            forEachRow(tensor, (row, values) -> {
                float scale = channelScale(values);
                for (int i = 0; i < codes.length; i++) {
                    codes[i] = (byte) Math.round(values[i] / scale);
                }
                panel.add(row, codes);
            });
        };
        return new Initializer(tensor.name() + ".channel_codes", ElementType.INT8,
                new long[]{tensor.columns(), tensor.rows()}, content, true);
    }

    /** The factors of {@link #channelCodes}, float [N]. */
    static Initializer channelScales(ModelTensor tensor) {
        Initializer.Computed content = target -> forEachRow(tensor, (row, values) -> target
                .set(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) row * Float.BYTES, channelScale(values)));
        return new Initializer(tensor.name() + ".channel_scales", ElementType.FLOAT, new long[]{tensor.rows()},
                content, false);
    }

    private static float channelScale(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        // A row of zeros has any factor.
        return largest == 0 ? 1 : largest / LARGEST_CODE;
    }

    @FunctionalInterface
    private interface FloatRowReader {
        void read(int row, float[] values);
    }

    private static void forEachRow(ModelTensor tensor, FloatRowReader reader) {
        float[] values = new float[tensor.columns()];
        for (int row = 0; row < tensor.rows(); row++) {
            Dequantizer.dequantize(tensor.type(), tensor.data(), row * tensor.rowBytes(), values, 0, values.length);
            reader.read(row, values);
        }
    }

    /** Some rows of small whole numbers that go to the target together. */
    private static final class Panel {
        private final MemorySegment target;
        private final int rows;
        private final int columns;
        private final boolean nibbles;
        private final byte[][] panel = new byte[PANEL_ROWS][];
        private final byte[] line = new byte[PANEL_ROWS];

        private Panel(ModelTensor tensor, MemorySegment target, boolean nibbles) {
            this.target = target;
            this.rows = tensor.rows();
            this.columns = tensor.columns();
            this.nibbles = nibbles;
        }

        /** Takes the next row. */
        private void add(int row, byte[] codes) {
            int place = row % PANEL_ROWS;
            panel[place] = codes.clone();
            if (place == PANEL_ROWS - 1 || row == rows - 1) {
                write(row - place, place + 1);
            }
        }

        private void write(int from, int count) {
            int elementsInByte = nibbles ? 2 : 1;
            for (int column = 0; column < columns; column++) {
                for (int i = 0; i < count; i += elementsInByte) {
                    line[i / elementsInByte] = nibbles
                            ? (byte) (panel[i][column] & 15 | panel[i + 1][column] << 4)
                            : panel[i][column];
                }
                MemorySegment.copy(line, 0, target, ValueLayout.JAVA_BYTE,
                        ((long) column * rows + from) / elementsInByte, count / elementsInByte);
            }
        }
    }
}
