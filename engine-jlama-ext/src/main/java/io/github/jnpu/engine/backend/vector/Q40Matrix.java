package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Q4_0: blocks of 32 weights, an F16 scale and 16 bytes; weight i is nibble {@code (i % 16, i / 16)} minus 8. */
final class Q40Matrix extends VectorMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 18;

    Q40Matrix(ModelTensor tensor) {
        super(tensor);
    }

    @Override
    public void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow, float[] scratch) {
        int blocks = columns / BLOCK;
        for (int row = fromRow; row < toRow; row++) {
            long at = row * rowBytes;
            FloatVector total = FloatVector.zero(F);
            for (int block = 0; block < blocks; block++) {
                float scale = Float.float16ToFloat(data.get(HALF, at));
                int x = block * BLOCK;
                FloatVector sum = FloatVector.zero(F);
                for (int i = 0; i < BLOCK / 2; i += B.length()) {
                    ByteVector packed = ByteVector.fromMemorySegment(B, data, at + 2 + i, ByteOrder.LITTLE_ENDIAN);
                    ByteVector low = packed.and((byte) 0xf).sub((byte) 8);
                    // x86 shifts no bytes; what comes over from the neighbour is masked away.
                    ByteVector high = packed.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes()
                            .and((byte) 0xf).sub((byte) 8);
                    sum = ((FloatVector) low.castShape(F, 0)).fma(FloatVector.fromArray(F, input, x + i), sum);
                    sum = ((FloatVector) high.castShape(F, 0)).fma(FloatVector.fromArray(F, input, x + 16 + i), sum);
                    if (TWO_PARTS) {
                        sum = ((FloatVector) low.castShape(F, 1))
                                .fma(FloatVector.fromArray(F, input, x + i + F.length()), sum);
                        sum = ((FloatVector) high.castShape(F, 1))
                                .fma(FloatVector.fromArray(F, input, x + 16 + i + F.length()), sum);
                    }
                }
                total = sum.fma(FloatVector.broadcast(F, scale), total);
                at += BLOCK_BYTES;
            }
            output[outputOffset + row] = Lanes.sum(total);
        }
    }

    @Override
    void dequantize(int row, float[] target, int offset) {
        int blocks = columns / BLOCK;
        long at = row * rowBytes;
        for (int block = 0; block < blocks; block++) {
            FloatVector scale = FloatVector.broadcast(F, Float.float16ToFloat(data.get(HALF, at)));
            int y = offset + block * BLOCK;
            for (int i = 0; i < BLOCK / 2; i += B.length()) {
                ByteVector packed = ByteVector.fromMemorySegment(B, data, at + 2 + i, ByteOrder.LITTLE_ENDIAN);
                ByteVector low = packed.and((byte) 0xf).sub((byte) 8);
                ByteVector high = packed.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes()
                        .and((byte) 0xf).sub((byte) 8);
                ((FloatVector) low.castShape(F, 0)).mul(scale).intoArray(target, y + i);
                ((FloatVector) high.castShape(F, 0)).mul(scale).intoArray(target, y + 16 + i);
                if (TWO_PARTS) {
                    ((FloatVector) low.castShape(F, 1)).mul(scale).intoArray(target, y + i + F.length());
                    ((FloatVector) high.castShape(F, 1)).mul(scale).intoArray(target, y + 16 + i + F.length());
                }
            }
            at += BLOCK_BYTES;
        }
    }
}
