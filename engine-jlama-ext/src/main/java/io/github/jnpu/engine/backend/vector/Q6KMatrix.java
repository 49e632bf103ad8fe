package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Q6_K: super-blocks of 256 weights, 128 bytes with the low four bits, 64 with the high two, 16 signed scales for 16 weights
 * each, and an F16 scale; {@code weight = d * scale * (q - 32)}. In each half of 128, byte l of the low bits holds weights l
 * and l + 64, byte l + 32 weights l + 32 and l + 96; byte l of the high bits holds all four.
 */
final class Q6KMatrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final float[] HALVES = HalfTable.FLOATS;
    private static final int BLOCK = 256;
    private static final int BLOCK_BYTES = 210;
    private static final int HIGH_AT = 128;
    private static final int SCALES_AT = 192;
    private static final int D_AT = 208;
    private static final int SCALES = 16;
    /** Where the scales of two rows' blocks are in scratch; behind them the sums of 16 inputs times -32. */
    private static final int FACTORS_AT = SUMS;
    private static final int INPUT_SUMS_AT = FACTORS_AT + 2 * SCALES;

    Q6KMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    public int scratchFloats(int tokens) {
        return Math.max(super.scratchFloats(tokens), INPUT_SUMS_AT + columns / BLOCK * SCALES);
    }

    /** The 32 that is taken from each weight multiplies sums of the input, which are the same for every row. */
    @Override
    void prepare(float[] input, Scratch scratch) {
        for (int i = 0; i < columns / BLOCK * SCALES; i++) {
            float sum = 0;
            for (int j = 0; j < 16; j++) {
                sum += input[i * 16 + j];
            }
            scratch.floats()[INPUT_SUMS_AT + i] = -32 * sum;
        }
    }

    private static void readFactors(long block, float[] factors, int at) {
        float d = HALVES[MEMORY.get(HALF, block + D_AT) & 0xffff];
        for (int i = 0; i < SCALES; i += B.length()) {
            ByteVector scales = ByteVector.fromMemorySegment(B, MEMORY, block + SCALES_AT + i, ByteOrder.LITTLE_ENDIAN);
            ((FloatVector) scales.convertShape(VectorOperators.B2F, F, 0)).mul(d).intoArray(factors, at + i);
            if (TWO_PARTS) {
                ((FloatVector) scales.convertShape(VectorOperators.B2F, F, 1)).mul(d).intoArray(factors,
                        at + i + F.length());
            }
        }
    }

    @Override
    void multiplyFour(float[] input, Scratch scratch, int at, long row0, long row1, long row2, long row3) {
        multiplyRow(input, scratch.floats(), at, row0);
        multiplyRow(input, scratch.floats(), at + F.length(), row1);
        multiplyRow(input, scratch.floats(), at + 2 * F.length(), row2);
        multiplyRow(input, scratch.floats(), at + 3 * F.length(), row3);
    }

    /** Two rows at once are more than C2 always keeps in its graph: then it boxes vectors, depending on what it compiled before. */
    private void multiplyRow(float[] input, float[] factors, int first, long row0) {
        FloatVector t0 = FloatVector.zero(F);
        for (int x = 0; x < columns; x += BLOCK) {
            readFactors(row0, factors, FACTORS_AT);
            for (int i = 0; i < SCALES; i += F.length()) {
                FloatVector sums = FloatVector.fromArray(F, factors, INPUT_SUMS_AT + x / 16 + i);
                t0 = FloatVector.fromArray(F, factors, FACTORS_AT + i).fma(sums, t0);
            }
            for (int part = 0; part < 64; part += F.length()) {
                // In each half of 128 weights 32 bytes of high bits and 64 of low ones.
                int half = part / 32;
                int i = part % 32;
                int v = x + half * 128 + i;
                int bytes = i / B.length() * B.length();
                int lanes = i % B.length() / F.length();
                int scale = FACTORS_AT + half * 8 + i / 16;
                FloatVector x0 = FloatVector.fromArray(F, input, v);
                FloatVector x1 = FloatVector.fromArray(F, input, v + 32);
                FloatVector x2 = FloatVector.fromArray(F, input, v + 64);
                FloatVector x3 = FloatVector.fromArray(F, input, v + 96);
                IntVector a0 = (IntVector) ByteVector
                        .fromMemorySegment(B, MEMORY, row0 + half * 64 + bytes, ByteOrder.LITTLE_ENDIAN)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, lanes);
                IntVector b0 = (IntVector) ByteVector
                        .fromMemorySegment(B, MEMORY, row0 + half * 64 + 32 + bytes, ByteOrder.LITTLE_ENDIAN)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, lanes);
                IntVector h0 = (IntVector) ByteVector
                        .fromMemorySegment(B, MEMORY, row0 + HIGH_AT + half * 32 + bytes, ByteOrder.LITTLE_ENDIAN)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, lanes);
                t0 = ((FloatVector) a0.and(15).or(h0.lanewise(VectorOperators.LSHL, 4).and(0x30))
                        .convert(VectorOperators.I2F, 0)).mul(x0)
                        .fma(FloatVector.broadcast(F, factors[scale]), t0);
                t0 = ((FloatVector) b0.and(15).or(h0.lanewise(VectorOperators.LSHL, 2).and(0x30))
                        .convert(VectorOperators.I2F, 0)).mul(x1)
                        .fma(FloatVector.broadcast(F, factors[scale + 2]), t0);
                t0 = ((FloatVector) a0.lanewise(VectorOperators.LSHR, 4).or(h0.and(0x30))
                        .convert(VectorOperators.I2F, 0)).mul(x2)
                        .fma(FloatVector.broadcast(F, factors[scale + 4]), t0);
                t0 = ((FloatVector) b0.lanewise(VectorOperators.LSHR, 4)
                        .or(h0.lanewise(VectorOperators.LSHR, 2).and(0x30))
                        .convert(VectorOperators.I2F, 0)).mul(x3)
                        .fma(FloatVector.broadcast(F, factors[scale + 6]), t0);
            }
            row0 += BLOCK_BYTES;
        }
        t0.intoArray(factors, first);
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        long at = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        for (int block = 0; block < count / BLOCK; block++) {
            float d = Float.float16ToFloat(data.get(HALF, at + D_AT));
            // Eight runs of 32 weights: run r takes its low bits from bytes 32 * (r % 2) on, in the nibble r / 2.
            for (int run = 0; run < 8; run++) {
                int half = run / 4;
                int part = run % 4;
                long low = at + half * 64 + part % 2 * 32;
                long high = at + HIGH_AT + half * 32;
                for (int i = 0; i < 32; i += B.length()) {
                    ByteVector bits = ByteVector.fromMemorySegment(B, data, low + i, ByteOrder.LITTLE_ENDIAN);
                    ByteVector top = ByteVector.fromMemorySegment(B, data, high + i, ByteOrder.LITTLE_ENDIAN);
                    ByteVector q = bits.reinterpretAsInts().lanewise(VectorOperators.LSHR, part / 2 * 4)
                            .reinterpretAsBytes()
                            .and((byte) 0xf).or(top.reinterpretAsInts().lanewise(VectorOperators.LSHR, part * 2)
                                    .reinterpretAsBytes().and((byte) 3).reinterpretAsInts()
                                    .lanewise(VectorOperators.LSHL, 4).reinterpretAsBytes())
                            .sub((byte) 32);
                    FloatVector scale = FloatVector.broadcast(F,
                            d * data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + run * 2 + i / 16));
                    int y = offset + block * BLOCK + run * 32 + i;
                    ((FloatVector) q.convertShape(VectorOperators.B2F, F, 0)).mul(scale).intoArray(target, y);
                    if (TWO_PARTS) {
                        ((FloatVector) q.convertShape(VectorOperators.B2F, F, 1)).mul(scale).intoArray(target,
                                y + F.length());
                    }
                }
            }
            at += BLOCK_BYTES;
        }
    }
}
