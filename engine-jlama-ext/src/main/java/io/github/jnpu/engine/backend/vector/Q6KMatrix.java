package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Q6_K: super-blocks of 256 weights, 128 bytes with the low four bits, 64 with the high two, 16 signed scales for 16 weights
 * each, and an F16 scale; {@code weight = d * scale * (q - 32)}. In each half of 128, byte l of the low bits holds weights l
 * and l + 64, byte l + 32 weights l + 32 and l + 96; byte l of the high bits holds all four.
 */
final class Q6KMatrix extends VectorMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final int BLOCK = 256;
    private static final int BLOCK_BYTES = 210;
    private static final int HIGH_AT = 128;
    private static final int SCALES_AT = 192;
    private static final int D_AT = 208;

    Q6KMatrix(ModelTensor tensor) {
        super(tensor);
    }

    @Override
    public void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow, Scratch scratch) {
        int blocks = columns / BLOCK;
        for (int row = fromRow; row < toRow; row++) {
            long at = row * rowBytes;
            FloatVector total = FloatVector.zero(F);
            for (int block = 0; block < blocks; block++) {
                float d = Float.float16ToFloat(data.get(HALF, at + D_AT));
                for (int half = 0; half < 2; half++) {
                    int x = block * BLOCK + half * 128;
                    long low = at + half * 64;
                    long high = at + HIGH_AT + half * 32;
                    long scales = at + SCALES_AT + half * 8;
                    for (int i = 0; i < 32; i += B.length()) {
                        ByteVector lowA = ByteVector.fromMemorySegment(B, data, low + i, ByteOrder.LITTLE_ENDIAN);
                        ByteVector lowB = ByteVector.fromMemorySegment(B, data, low + 32 + i, ByteOrder.LITTLE_ENDIAN);
                        ByteVector top = ByteVector.fromMemorySegment(B, data, high + i, ByteOrder.LITTLE_ENDIAN);
                        ByteVector q0 = lowA.and((byte) 0xf).or(top.reinterpretAsInts()
                                .lanewise(VectorOperators.LSHL, 4).reinterpretAsBytes().and((byte) 0x30))
                                .sub((byte) 32);
                        ByteVector q1 = lowB.and((byte) 0xf).or(top.reinterpretAsInts()
                                .lanewise(VectorOperators.LSHL, 2).reinterpretAsBytes().and((byte) 0x30))
                                .sub((byte) 32);
                        ByteVector q2 = lowA.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes()
                                .and((byte) 0xf).or(top.and((byte) 0x30)).sub((byte) 32);
                        ByteVector q3 = lowB.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes()
                                .and((byte) 0xf).or(top.reinterpretAsInts().lanewise(VectorOperators.LSHR, 2)
                                        .reinterpretAsBytes().and((byte) 0x30))
                                .sub((byte) 32);
                        int scale = i / 16;
                        FloatVector s0 = FloatVector.broadcast(F, d * data.get(ValueLayout.JAVA_BYTE, scales + scale));
                        FloatVector s1 = FloatVector.broadcast(F,
                                d * data.get(ValueLayout.JAVA_BYTE, scales + 2 + scale));
                        FloatVector s2 = FloatVector.broadcast(F,
                                d * data.get(ValueLayout.JAVA_BYTE, scales + 4 + scale));
                        FloatVector s3 = FloatVector.broadcast(F,
                                d * data.get(ValueLayout.JAVA_BYTE, scales + 6 + scale));
                        total = ((FloatVector) q0.castShape(F, 0)).mul(FloatVector.fromArray(F, input, x + i)).fma(s0,
                                total);
                        total = ((FloatVector) q1.castShape(F, 0)).mul(FloatVector.fromArray(F, input, x + 32 + i)).fma(
                                s1,
                                total);
                        total = ((FloatVector) q2.castShape(F, 0)).mul(FloatVector.fromArray(F, input, x + 64 + i)).fma(
                                s2,
                                total);
                        total = ((FloatVector) q3.castShape(F, 0)).mul(FloatVector.fromArray(F, input, x + 96 + i)).fma(
                                s3,
                                total);
                        if (TWO_PARTS) {
                            int y = x + i + F.length();
                            total = ((FloatVector) q0.castShape(F, 1)).mul(FloatVector.fromArray(F, input, y)).fma(s0,
                                    total);
                            total = ((FloatVector) q1.castShape(F, 1)).mul(FloatVector.fromArray(F, input, y + 32)).fma(
                                    s1,
                                    total);
                            total = ((FloatVector) q2.castShape(F, 1)).mul(FloatVector.fromArray(F, input, y + 64)).fma(
                                    s2,
                                    total);
                            total = ((FloatVector) q3.castShape(F, 1)).mul(FloatVector.fromArray(F, input, y + 96)).fma(
                                    s3,
                                    total);
                        }
                    }
                }
                at += BLOCK_BYTES;
            }
            total.intoArray(scratch.floats(), 0);
            output[outputOffset + row] = Lanes.sum(scratch.floats(), 0);
        }
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
                    ((FloatVector) q.castShape(F, 0)).mul(scale).intoArray(target, y);
                    if (TWO_PARTS) {
                        ((FloatVector) q.castShape(F, 1)).mul(scale).intoArray(target, y + F.length());
                    }
                }
            }
            at += BLOCK_BYTES;
        }
    }
}
