package io.github.jnpu.convert.quantize;

import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.gguf.GgufWriter.TensorOutput;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.convert.tensor.Quantizer;
import io.github.jnpu.convert.tensor.TensorType;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleConsumer;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * A model with its matrices in another type, as llama.cpp's {@code llama-quantize} chooses them: matrices become what the
 * {@link FileType} says; where a row does not fill the type's blocks, the next larger type of smaller blocks, in the end F16.
 * Norms, biases, routers and tables that are no matrices of a product stay as they are. Scales come from {@link Quantizer} without
 * an importance matrix.
 */
public final class QuantizedModel {
    private static final String FILE_TYPE_KEY = "general.file_type";
    private static final String VERSION_KEY = "general.quantization_version";
    private static final String EMBEDDING = "token_embd.weight";
    private static final String OUTPUT = "output.weight";
    /** Matrices by their shape that are none of a product, or too small and delicate to gain by it. */
    private static final List<String> KEPT = List.of("_norm.weight", "ffn_gate_inp.weight", "position_embd.weight",
            "token_types.weight", "ssm_conv1d.weight", "shortconv.conv.weight", "attn_rel_b.weight");
    /** Values that one thread packs at a time. */
    private static final int CHUNK_VALUES = 1 << 18;

    private final ModelSource source;
    private final FileType fileType;
    private final List<Weight> weights = new ArrayList<>();

    /**
     * A tensor of the new file.
     *
     * @param wanted
     *            what the file type gives it
     * @param type
     *            what it gets: another one where its rows do not fit
     */
    public record Weight(ModelTensor tensor, TensorType wanted, TensorType type) {
        /** Whether its rows did not fill the blocks of the type that it should have got. */
        public boolean isFallback() {
            return type != wanted;
        }

        /** Whether it is rounded a second time. */
        public boolean isRequantized() {
            return tensor.type() != type && tensor.type().isQuantized() && type.isQuantized();
        }
    }

    /**
     * @param source
     *            stays open until the file is written
     * @throws ModelFormatException
     *             if it is part of a model only, or has a tensor of a type that cannot be read
     */
    public QuantizedModel(ModelSource source, FileType fileType) {
        this.source = source;
        this.fileType = fileType;
        int layers = ModelConfig.of(source).layers();
        boolean tied = source.tensor(OUTPUT).isEmpty();
        for (ModelTensor tensor : source.tensors()) {
            TensorType wanted = isMatrix(tensor) ? wanted(tensor, layers, tied) : tensor.type();
            TensorType type = fitting(wanted, tensor.columns());
            if (type != tensor.type() && !Dequantizer.supports(tensor.type())) {
                throw new ModelFormatException("%s: tensor '%s' is of type %s, which cannot be converted"
                        .formatted(source.location(), tensor.name(), tensor.type()));
            }
            weights.add(new Weight(tensor, wanted, type));
        }
    }

    private static boolean isMatrix(ModelTensor tensor) {
        return tensor.shape().length > 1 && tensor.name().endsWith(".weight")
                && KEPT.stream().noneMatch(tensor.name()::endsWith);
    }

    private TensorType wanted(ModelTensor tensor, int layers, boolean tied) {
        String name = tensor.name();
        if (name.equals(OUTPUT) || tied && name.equals(EMBEDDING)) {
            return fileType.output(tensor.columns());
        }
        String[] parts = name.split("\\.");
        boolean inLayer = parts.length > 2 && parts[0].equals("blk") && parts[1].matches("\\d{1,6}");
        if (inLayer && (parts[2].equals("attn_v") || parts[2].startsWith("ffn_down"))) {
            return fileType.valueOrDown(Integer.parseInt(parts[1]), layers);
        }
        return fileType.base();
    }

    /** What llama-quantize 0.7.0 takes where a row does not fill whole blocks. */
    private static TensorType fitting(TensorType type, int columns) {
        if (columns % type.blockSize() == 0) {
            return type;
        }
        TensorType smaller = switch (type) {
            case Q2_K, Q3_K -> TensorType.Q4_0;
            case Q4_K -> TensorType.Q5_0;
            case Q5_K -> TensorType.Q5_1;
            case Q6_K -> TensorType.Q8_0;
            default -> TensorType.F16;
        };
        return fitting(smaller, columns);
    }

    /** The tensors of the new file, in its order. */
    public List<Weight> weights() {
        return List.copyOf(weights);
    }

    /**
     * Writes the file; it appears under its name when it is complete. All cores take part.
     *
     * @param progress
     *            hears the share of the bytes read, from 0 to 1
     * @throws IOException
     *             if it cannot be written
     * @throws ModelFormatException
     *             if a weight is not a finite number
     */
    public void write(Path path, DoubleConsumer progress) throws IOException {
        GgufWriter writer = new GgufWriter();
        writer.copyMetadata(source.metadata(), Set.of(FILE_TYPE_KEY, VERSION_KEY));
        writer.putUnsigned(FILE_TYPE_KEY, fileType.id());
        writer.putUnsigned(VERSION_KEY, 2);
        double all = weights.stream().mapToLong(weight -> weight.tensor.data().byteSize()).sum();
        long before = 0;
        for (Weight weight : weights) {
            ModelTensor tensor = weight.tensor;
            long start = before;
            before += tensor.data().byteSize();
            if (weight.type == tensor.type()) {
                writer.tensor(tensor.name(), tensor.type(), tensor.shape(), tensor.data());
            } else {
                writer.tensor(tensor.name(), weight.type, tensor.shape(), output -> convert(weight, output,
                        values -> progress.accept((start + tensor.type().byteSize(values)) / all)));
            }
        }
        writer.write(path);
    }

    /**
     * @param progress
     *            hears how many values are done
     */
    private void convert(Weight weight, TensorOutput output, LongConsumer progress) throws IOException {
        ModelTensor tensor = weight.tensor;
        long count = tensor.elementCount();
        int threads = Runtime.getRuntime().availableProcessors();
        byte[][] packed = new byte[threads][];
        for (long from = 0; from < count; from += (long) threads * CHUNK_VALUES) {
            long start = from;
            int chunks = (int) Math.min(threads, Math.ceilDiv(count - from, (long) CHUNK_VALUES));
            IntStream.range(0, chunks).parallel()
                    .forEach(chunk -> packed[chunk] = pack(weight, start + (long) chunk * CHUNK_VALUES));
            for (int chunk = 0; chunk < chunks; chunk++) {
                output.write(packed[chunk], 0, packed[chunk].length);
            }
            progress.accept(Math.min(count, from + (long) threads * CHUNK_VALUES));
        }
    }

    /** Rows are whole blocks and lie one after the other, so a chunk may begin at any multiple of the largest block. */
    private byte[] pack(Weight weight, long from) {
        ModelTensor tensor = weight.tensor;
        int count = (int) Math.min(CHUNK_VALUES, tensor.elementCount() - from);
        float[] values = new float[count];
        byte[] packed = new byte[(int) weight.type.byteSize(count)];
        try {
            Dequantizer.dequantize(tensor.type(), tensor.data(), tensor.type().byteSize(from), values, 0, count);
            Quantizer.quantize(weight.type, values, 0, count, MemorySegment.ofArray(packed), 0);
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(
                    "%s: tensor '%s': %s".formatted(source.location(), tensor.name(), e.getMessage()), e);
        }
        return packed;
    }
}
