package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
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
    private static final int BLOCK = 256;
    private static final int BLOCK_BYTES = 210;
    private static final int HIGH_AT = 128;
    private static final int SCALES_AT = 192;
    private static final int D_AT = 208;

    Q6KMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
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
