package io.github.jnpu.samples.demo.train;

import io.github.jnpu.samples.demo.train.MatrixProduct.Factor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;

class MatrixProductTest {

    /** Each element must be one chain of multiply-adds in order: that makes results equal on all machines. */
    @ParameterizedTest
    @CsvSource({"1, 64, 1, 1", "5, 64, 3, 1", "6, 128, 40, 1", "13, 64, 400, 2", "200, 192, 131, 3", "370, 64, 770, 2"})
    void elementsAreChainsOfMultiplyAdds(int rows, int columns, int inner, int threads) {
        Random random = new Random(1);
        float[] a = values(random, rows * inner);
        float[] b = values(random, inner * columns);
        float[] start = values(random, rows * columns);
        float[] fresh = new float[rows * columns];
        float[] added = start.clone();
        float[] transposed = new float[rows * columns];
        try (Workers workers = new Workers(threads)) {
            MatrixProduct.multiply(workers, Factor.of(a, inner), b, fresh, rows, columns, inner, false);
            MatrixProduct.multiply(workers, Factor.of(a, inner), b, added, rows, columns, inner, true);
            MatrixProduct.multiply(workers, Factor.transposed(a, rows), b, transposed, rows, columns, inner, false);
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                float sum = 0;
                float more = start[i * columns + j];
                float turned = 0;
                for (int k = 0; k < inner; k++) {
                    sum = Math.fma(a[i * inner + k], b[k * columns + j], sum);
                    more = Math.fma(a[i * inner + k], b[k * columns + j], more);
                    turned = Math.fma(a[k * rows + i], b[k * columns + j], turned);
                }
                assertThat(fresh[i * columns + j]).isEqualTo(sum);
                assertThat(added[i * columns + j]).isEqualTo(more);
                assertThat(transposed[i * columns + j]).isEqualTo(turned);
            }
        }
    }

    private static float[] values(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return values;
    }
}
