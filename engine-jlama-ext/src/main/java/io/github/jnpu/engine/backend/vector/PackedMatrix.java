package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * A weight matrix laid out anew for decode: a vector of 32-bit words holds the same columns of as many rows as it has lanes, four
 * to sixteen weights in each word. Nothing is summed over lanes, a block's scales are one vector, and a weight takes three
 * operations: the field is cut out and put under the exponent of 1 by one (a ternary-logic instruction where there is one), then
 * multiplied and added, and the word is rotated to the next field. What the 1 adds is the same for all rows: a multiple of the sum
 * of a block's inputs, with which the block's sum starts.
 *
 * <p>Q4_0, one core of a Xeon (Granite Rapids, 512 bits): 31 billion multiply-adds a second from the second-level cache and 21 from
 * memory, which could deliver 28; straight from the file's blocks 20 and 12 to 16. Memory needs several readers at once, so
 * {@link #GROUPS} groups of rows are multiplied together: with two it is 17 to 18, with one 13, and with four that lie interleaved,
 * one reader to the processor, 15. For the same reason the scales of a whole unit are read before its words: 18 with scales and
 * words by turns, every 256 columns.
 *
 * <p>Memory: units of {@link #GROUPS} groups of as many rows as a vector has lanes; in each the scales, then the words
 * {@code [group][word][row]}. Rows of the last unit that are not there are zeros.
 */
abstract class PackedMatrix extends VectorMatrix {
    static final VectorSpecies<Integer> I = Lanes.INT;
    static final int L = I.length();
    static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    static final MemorySegment MEMORY = NativeMemory.ALL;
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
    static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
    /** One as a float. A field in the upper bits of its fraction is a number from 1 to 2. */
    static final int ONE_BITS = Float.floatToRawIntBits(1);
    /** Bytes of a vector of words. */
    static final int WORDS = 4 * L;
    /** Groups of rows that decode multiplies together. */
    static final int GROUPS = 4;
    private static final long ALIGNMENT = 64;
    /** Of the layout; counts up when it changes, as files keep it. */
    static final int VERSION = 1;
    /** Columns that are laid out together; whole super-blocks. */
    static final int PANEL = 256;
    /** Lanes whose columns are in the second, third and fourth word: see {@link #unpack}. */
    static final VectorMask<Integer> SECOND = VectorMask.fromLong(I, 0xf0);
    static final VectorMask<Integer> THIRD = VectorMask.fromLong(I, 0xf00);
    static final VectorMask<Integer> FOURTH = VectorMask.fromLong(I, 0xf000);

    /** Rows of a unit. */
    private static final int UNIT = GROUPS * L;

    /** Columns that share a scale in the packed layout. */
    final int block;
    /** Blocks of a row. */
    final int blocks;
    private final int scalePanelBytes;
    private final int blockWords;
    private final long scaleBytes;
    private final long wordBytes;
    private final long unitBytes;
    private MemorySegment packed;
    /** A product of fields times this is one of weights divided by their scales. */
    final float fieldScale;
    // Where things are in scratch.
    /** The sums of a unit's rows. */
    static final int SUMS = 0;
    /** The inputs in the order of the fields. */
    static final int INPUT = UNIT;
    /** What each block's sum starts with. */
    final int starts;
    /** The unit's scales, {@code [group][block][row]}. */
    final int scales;

    /**
     * @param block
     *            columns that share a scale
     * @param bits
     *            of a weight
     * @param scalePanelBytes
     *            bytes of scales for 256 columns of a row
     * @param blockWords
     *            words of a block of a row
     */
    PackedMatrix(ModelTensor tensor, Arena arena, int block, int bits, int scalePanelBytes, int blockWords) {
        super(tensor, arena);
        this.block = block;
        this.blocks = columns / block;
        this.fieldScale = 1 << bits;
        this.scalePanelBytes = scalePanelBytes;
        this.blockWords = blockWords;
        this.scaleBytes = roundUp(scaleBytes(UNIT * (long) columns));
        this.wordBytes = (long) blocks * blockWords * WORDS;
        this.unitBytes = roundUp(this.scaleBytes + GROUPS * wordBytes);
        this.starts = INPUT + columns;
        this.scales = starts + blocks;
    }

    @Override
    public final void place(MemorySegment memory) {
        Objects.checkIndex(packedBytes() - 1, memory.byteSize());
        packed = memory;
    }

    @Override
    public final MemorySegment packed(int fromRow, int toRow) {
        Objects.checkFromToIndex(fromRow, toRow, rows);
        long from = fromRow / UNIT * unitBytes;
        return packed.asSlice(from, (toRow + UNIT - 1) / UNIT * unitBytes - from);
    }

    /**
     * Is turned round in words that are converted: the highest field then counts from minus half of its range, as a signed number does, and
     * takes no instruction more than the others.
     */
    static final int SIGN = Lanes.ROTATES ? 0 : Integer.MIN_VALUE;

    /** How far words are rotated to the left: so that the first field is under an exponent, or not at all. */
    static int rotation(int field) {
        return Lanes.ROTATES ? field : 0;
    }

    /** How far words are rotated back to the right to bring a field under an exponent, for fields that begin at these bits. */
    static int[] rotations(int field, int... bits) {
        return Arrays.stream(bits).map(bit -> bit + rotation(field) - field & 31).toArray();
    }

    /**
     * By what inputs are multiplied for each field of a word: 1 for {@link PackedProduct}, for {@link ConvertedProduct} by what undoes that a
     * field is read where it lies.
     */
    static float[] inputFactors(int bits) {
        float[] factors = new float[32 / bits];
        for (int field = 0; field < factors.length; field++) {
            factors[field] = Lanes.ROTATES ? 1 : Math.scalb(1f, -(field + 1) * bits);
        }
        return factors;
    }

    private static long roundUp(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** Of so many weights. */
    private long scaleBytes(long weights) {
        return weights * scalePanelBytes / PANEL;
    }

    @Override
    public final int rowGranularity() {
        return UNIT;
    }

    @Override
    public final int scratchFloats(int tokens) {
        return Math.max(super.scratchFloats(tokens), scales + blocks * UNIT);
    }

    /**
     * Through arrays, whose loops run faster until C2 has compiled them: the first megabyte takes 2 to 14 ms, with accesses to memory
     * segments 17 to 36. Warmed up these would be faster (Q4_K 1.4 GB/s instead of 0.8), but then most of a load is over.
     */
    @Override
    public final void load(int fromRow, int toRow) {
        Objects.checkFromToIndex(fromRow, toRow, rows);
        short[] file = new short[(int) tensor.type().byteSize(PANEL) / Short.BYTES];
        byte[] panelScales = new byte[scalePanelBytes * L];
        int[] panelWords = new int[PANEL / block * blockWords * L];
        for (int first = fromRow; first < toRow; first = (first / L + 1) * L) {
            int end = Math.min(toRow, (first / L + 1) * L);
            for (int from = 0; from < columns; from += PANEL) {
                loadPanel(first, end, from, Math.min(columns, from + PANEL), file, panelScales, panelWords);
            }
        }
        MemoryAdvice.drop(data.asSlice(fromRow * rowBytes, (toRow - fromRow) * rowBytes));
        Reference.reachabilityFence(this);
    }

    private void loadPanel(int fromRow, int toRow, int from, int to, short[] file, byte[] panelScales,
            int[] panelWords) {
        long offset = tensor.type().byteSize(from);
        int length = (int) (tensor.type().byteSize(to) - offset) / Short.BYTES;
        long scaleAddress = unit(fromRow) + scaleBytes((fromRow / L % GROUPS * (long) columns + from) * L);
        long wordAddress = words(fromRow) + (long) (from / block) * blockWords * WORDS;
        int scaleLength = (int) scaleBytes((long) (to - from) * L);
        int wordLength = (to - from) / block * blockWords * L;
        if (toRow - fromRow < L) {
            // Other rows of the group keep their lanes.
            MemorySegment.copy(MEMORY, ValueLayout.JAVA_BYTE, scaleAddress, panelScales, 0, scaleLength);
            MemorySegment.copy(MEMORY, INT, wordAddress, panelWords, 0, wordLength);
        }
        for (int row = fromRow; row < toRow; row++) {
            MemorySegment.copy(data, HALF, row * rowBytes + offset, file, 0, length);
            pack(file, (to - from) / block, row % L, panelScales, panelWords);
        }
        MemorySegment.copy(panelScales, 0, MEMORY, ValueLayout.JAVA_BYTE, scaleAddress, scaleLength);
        MemorySegment.copy(panelWords, 0, MEMORY, INT, wordAddress, wordLength);
    }

    /** Writes a half float or any number of two bytes. */
    static void writeHalf(byte[] bytes, int at, short value) {
        bytes[at] = (byte) value;
        bytes[at + 1] = (byte) (value >> 8);
    }

    /** A word of the file. */
    static int word(short[] file, int at) {
        return file[at] & 0xffff | file[at + 1] << 16;
    }

    @Override
    public final long packedBytes() {
        return unitBytes * ((rows + UNIT - 1) / UNIT);
    }

    private long unit(int row) {
        return packed.address() + row / UNIT * unitBytes;
    }

    private long words(int row) {
        return unit(row) + scaleBytes + row / L % GROUPS * wordBytes;
    }

    /**
     * Lays some columns of a row out as one lane of a group.
     *
     * @param file
     *            the row's bytes, by twos
     * @param count
     *            of blocks
     * @param panelScales
     *            a panel of the group's scales
     * @param panelWords
     *            {@code [block][word][row]}
     */
    abstract void pack(short[] file, int count, int lane, byte[] panelScales, int[] panelWords);

    @Override
    public final void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow,
            Scratch scratch) {
        Objects.checkFromToIndex(fromRow, toRow, rows);
        float[] floats = scratch.floats();
        prepare(input, floats);
        for (int first = fromRow / UNIT * UNIT; first < toRow; first += UNIT) {
            Arrays.fill(floats, SUMS, SUMS + UNIT, 0);
            readScales(unit(first), floats);
            long words = words(first);
            multiplyGroups(floats, words, words + wordBytes, words + 2 * wordBytes, words + 3 * wordBytes);
            int end = Math.min(toRow, first + UNIT);
            for (int row = Math.max(fromRow, first); row < end; row++) {
                output[outputOffset + row] = floats[SUMS + row - first] * fieldScale;
            }
        }
        Reference.reachabilityFence(this);
    }

    /** Writes the inputs in the order of the fields, and with what each block's sum starts. */
    abstract void prepare(float[] input, float[] floats);

    /** {@link #prepare} for fields in the order of the columns: a block starts with the sum of its inputs times a factor. */
    final void copyInputs(float[] input, float[] floats, float factor, float[] inputFactors) {
        for (int i = 0; i < columns; i += 4) {
            floats[INPUT + i] = input[i] * inputFactors[0];
            floats[INPUT + i + 1] = input[i + 1] * inputFactors[1];
            floats[INPUT + i + 2] = input[i + 2] * inputFactors[2];
            floats[INPUT + i + 3] = input[i + 3] * inputFactors[3];
        }
        for (int b = 0; b < blocks; b++) {
            float even = 0;
            float odd = 0;
            for (int i = 0; i < block; i += 2) {
                even += input[b * block + i];
                odd += input[b * block + i + 1];
            }
            floats[starts + b] = factor * (even + odd);
        }
    }

    /** Writes a unit's scales {@code [group][block][row]}; may add to the sums. */
    abstract void readScales(long scaleAddress, float[] floats);

    /** Adds the products of a unit's groups to their sums. */
    abstract void multiplyGroups(float[] floats, long words0, long words1, long words2, long words3);

    @Override
    final void dequantize(int row, int from, int count, float[] target, int offset) {
        unpack(unit(row), words(row), row / L % GROUPS, row % L, from / block, count / block, target, offset);
    }

    /** Dequantises some blocks of a lane of a group. */
    abstract void unpack(long scaleAddress, long wordAddress, int group, int lane, int from, int count,
            float[] target, int offset);
}
