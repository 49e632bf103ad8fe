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
 * Q4_K: super-blocks of 256 weights with F16 scales for 8 six-bit scales and 8 six-bit minimums, one of each for 32 weights;
 * {@code weight = d * scale * nibble - dmin * minimum}. 64 weights share 32 bytes: the low nibbles are the first half.
 */
final class Q4KMatrix extends VectorMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final int BLOCK = 256;
    private static final int BLOCK_BYTES = 144;
    private static final int SUB_BLOCK = 32;
    private static final int SCALES_AT = 4;
    private static final int NIBBLES_AT = 16;

    Q4KMatrix(ModelTensor tensor) {
        super(tensor);
    }

    @Override
    public void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow, Scratch scratch) {
        // The minimums multiply sums of the input, which are the same for every row.
        for (int i = 0; i < columns / SUB_BLOCK; i++) {
            float sum = 0;
            for (int j = 0; j < SUB_BLOCK; j++) {
                sum += input[i * SUB_BLOCK + j];
            }
            scratch.floats()[i] = sum;
        }
        int blocks = columns / BLOCK;
        for (int row = fromRow; row < toRow; row++) {
            long at = row * rowBytes;
            FloatVector total = FloatVector.zero(F);
            float minimums = 0;
            for (int block = 0; block < blocks; block++) {
                float d = Float.float16ToFloat(data.get(HALF, at));
                float dmin = Float.float16ToFloat(data.get(HALF, at + 2));
                int x = block * BLOCK;
                for (int pair = 0; pair < 4; pair++) {
                    int sub = 2 * pair;
                    // Scales and minimums 0 to 3 are the low six bits of their bytes; of 4 to 7 the low four bits are in
                    // bytes 8 to 11 and the high two on top of bytes 0 to 3 and 4 to 7.
                    int s0;
                    int s1;
                    int m0;
                    int m1;
                    if (sub < 4) {
                        s0 = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub) & 63;
                        s1 = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub + 1) & 63;
                        m0 = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub + 4) & 63;
                        m1 = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub + 5) & 63;
                    } else {
                        int low0 = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub + 4) & 0xff;
                        int low1 = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub + 5) & 0xff;
                        s0 = low0 & 15 | (data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub - 4) & 0xc0) >> 2;
                        s1 = low1 & 15 | (data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub - 3) & 0xc0) >> 2;
                        m0 = low0 >> 4 | (data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub) & 0xc0) >> 2;
                        m1 = low1 >> 4 | (data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub + 1) & 0xc0) >> 2;
                    }
                    FloatVector first = FloatVector.zero(F);
                    FloatVector second = FloatVector.zero(F);
                    for (int i = 0; i < SUB_BLOCK; i += B.length()) {
                        ByteVector packed = ByteVector.fromMemorySegment(B, data,
                                at + NIBBLES_AT + pair * SUB_BLOCK + i, ByteOrder.LITTLE_ENDIAN);
                        ByteVector low = packed.and((byte) 0xf);
                        ByteVector high = packed.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4)
                                .reinterpretAsBytes().and((byte) 0xf);
                        first = ((FloatVector) low.castShape(F, 0)).fma(FloatVector.fromArray(F, input, x + i), first);
                        second = ((FloatVector) high.castShape(F, 0))
                                .fma(FloatVector.fromArray(F, input, x + SUB_BLOCK + i), second);
                        if (TWO_PARTS) {
                            first = ((FloatVector) low.castShape(F, 1))
                                    .fma(FloatVector.fromArray(F, input, x + i + F.length()), first);
                            second = ((FloatVector) high.castShape(F, 1))
                                    .fma(FloatVector.fromArray(F, input, x + SUB_BLOCK + i + F.length()), second);
                        }
                    }
                    total = first.fma(FloatVector.broadcast(F, d * s0), total);
                    total = second.fma(FloatVector.broadcast(F, d * s1), total);
                    minimums += dmin
                            * (m0 * scratch.floats()[block * 8 + sub] + m1 * scratch.floats()[block * 8 + sub + 1]);
                    x += 2 * SUB_BLOCK;
                }
                at += BLOCK_BYTES;
            }
            output[outputOffset + row] = Lanes.sum(total) - minimums;
        }
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        long at = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        for (int block = 0; block < count / BLOCK; block++) {
            float d = Float.float16ToFloat(data.get(HALF, at));
            float dmin = Float.float16ToFloat(data.get(HALF, at + 2));
            for (int sub = 0; sub < 8; sub++) {
                // As in multiplyOne.
                int low = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub % 4 + (sub < 4 ? 0 : 8)) & 0xff;
                int scale = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub % 4) & 0xff;
                int minimum = data.get(ValueLayout.JAVA_BYTE, at + SCALES_AT + sub % 4 + 4) & 0xff;
                FloatVector factor = FloatVector.broadcast(F, d * (sub < 4 ? scale & 63 : low & 15 | scale >> 6 << 4));
                FloatVector shift = FloatVector.broadcast(F,
                        dmin * (sub < 4 ? minimum & 63 : low >> 4 | minimum >> 6 << 4));
                int y = offset + block * BLOCK + sub * SUB_BLOCK;
                long nibbles = at + NIBBLES_AT + sub / 2 * SUB_BLOCK;
                for (int i = 0; i < SUB_BLOCK; i += B.length()) {
                    ByteVector packed = ByteVector.fromMemorySegment(B, data, nibbles + i, ByteOrder.LITTLE_ENDIAN);
                    ByteVector q = sub % 2 == 0
                            ? packed.and((byte) 0xf)
                            : packed.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes()
                                    .and((byte) 0xf);
                    ((FloatVector) q.castShape(F, 0)).mul(factor).sub(shift).intoArray(target, y + i);
                    if (TWO_PARTS) {
                        ((FloatVector) q.castShape(F, 1)).mul(factor).sub(shift).intoArray(target, y + i + F.length());
                    }
                }
            }
            at += BLOCK_BYTES;
        }
    }
}
