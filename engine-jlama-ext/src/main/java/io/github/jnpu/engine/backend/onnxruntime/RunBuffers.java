package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.ElementType;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.onnxruntime.capi.IoBinding;
import io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeException;
import io.github.jnpu.engine.backend.onnxruntime.capi.RunOptions;
import io.github.jnpu.engine.backend.onnxruntime.capi.Session;
import io.github.jnpu.engine.backend.onnxruntime.capi.Value;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map.Entry;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What goes into a run beside keys and values, and what comes out: memory of the session's whole life, and tensors over it that are made
 * anew only when the number of tokens changes. For one thread.
 */
final class RunBuffers implements AutoCloseable {
    /** A tensor under its name as an input. */
    private record Input(String name, Value value, boolean copied) {}

    private final Session session;
    private final RunOptions runOptions = new RunOptions();
    /** Inputs that the session reads in a device's memory: they are copied there when they are bound. */
    private final Set<String> copied;
    private final int vocabularySize;
    private final Optional<ModelTensor> table;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment tokenMemory;
    private final MemorySegment sequenceLength;
    private final MemorySegment totalLength;
    private final MemorySegment position;
    private final MemorySegment logitsStart;
    private final MemorySegment logitsRow;
    private final float[] embedding;
    private final Value logitsTensor;
    private final List<Input> fixed = new ArrayList<>();
    private Input tokenInput;
    private int tokenCount;
    private long byteSize;

    RunBuffers(ModelConfig config, OnnxModel model, Session session, int maxBatch) {
        this.session = session;
        this.copied = session.inputMemory().entrySet().stream().filter(input -> !input.getValue().isHost())
                .map(Entry::getKey).collect(Collectors.toSet());
        this.vocabularySize = config.vocabularySize();
        this.table = model.outsideTable();
        this.embedding = new float[table.isPresent() ? config.embeddingLength() : 0];
        this.tokenMemory = allocate(maxBatch * (table.isPresent()
                ? (long) config.embeddingLength() * Float.BYTES
                : Long.BYTES));
        this.sequenceLength = fixed(OnnxModel.SEQUENCE_LENGTHS, ElementType.INT32, 1);
        this.totalLength = fixed(OnnxModel.TOTAL_LENGTH, ElementType.INT32);
        this.logitsStart = fixed(OnnxModel.LOGITS_START, ElementType.INT64, 1);
        this.position = model.takesPosition()
                ? fixed(OnnxModel.POSITION, ElementType.INT64, 1)
                : allocate(Long.BYTES);
        this.logitsRow = allocate((long) vocabularySize * Float.BYTES);
        this.logitsTensor = Value.over(ElementType.FLOAT, logitsRow, 1, 1, vocabularySize);
    }

    private MemorySegment allocate(long size) {
        byteSize += size;
        return arena.allocate(size, 64);
    }

    private MemorySegment fixed(String name, ElementType type, long... dims) {
        MemorySegment memory = allocate(type.byteSize());
        fixed.add(input(name, Value.over(type, memory, dims)));
        return memory;
    }

    private Input input(String name, Value value) {
        return new Input(name, value, copied.contains(name));
    }

    long byteSize() {
        return byteSize;
    }

    /**
     * Runs some tokens of a sequence.
     *
     * @param length
     *            how many the sequence had before
     * @param logitRows
     *            of how many of these tokens, the last ones, logits are wanted
     * @param logits
     *            receives them from {@code logitsOffset} on
     */
    void run(KeyValueTensors cache, int length, int[] tokens, int from, int count, int logitRows, float[] logits,
            int logitsOffset) {
        setTokens(tokens, from, count);
        sequenceLength.set(ValueLayout.JAVA_INT, 0, length + count - 1);
        totalLength.set(ValueLayout.JAVA_INT, 0, length + count);
        position.set(ValueLayout.JAVA_LONG, 0, length);
        // One row comes out at least: a head for one token costs nothing beside a network for many.
        int rows = Math.max(1, logitRows);
        logitsStart.set(ValueLayout.JAVA_LONG, 0, count - rows);
        IoBinding binding = cache.binding();
        try {
            bind(binding, tokenInput);
            for (int i = 0; i < fixed.size(); i++) {
                bind(binding, fixed.get(i));
            }
            if (rows == 1) {
                binding.keepOutput(OnnxModel.LOGITS, logitsTensor);
                session.run(runOptions, binding);
                if (logitRows == 1) {
                    MemorySegment.copy(logitsRow, ValueLayout.JAVA_FLOAT, 0, logits, logitsOffset, vocabularySize);
                }
                return;
            }
            try (Arena many = Arena.ofConfined()) {
                MemorySegment memory = many.allocate((long) rows * vocabularySize * Float.BYTES, 64);
                try (Value tensor = Value.over(ElementType.FLOAT, memory, 1, rows, vocabularySize)) {
                    binding.keepOutput(OnnxModel.LOGITS, tensor);
                    session.run(runOptions, binding);
                }
                MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, 0, logits, logitsOffset, rows * vocabularySize);
            }
        } catch (OnnxRuntimeException e) {
            throw e.whileDoing("run the model");
        }
    }

    private static void bind(IoBinding binding, Input input) {
        if (input.copied()) {
            binding.input(input.name(), input.value());
        } else {
            binding.keepInput(input.name(), input.value());
        }
    }

    private void setTokens(int[] tokens, int from, int count) {
        if (count != tokenCount) {
            if (tokenInput != null) {
                tokenInput.value().close();
                tokenInput = null;
            }
            tokenInput = table.isPresent()
                    ? input(OnnxModel.INPUTS_EMBEDS, Value.over(ElementType.FLOAT,
                            tokenMemory.asSlice(0, (long) count * embedding.length * Float.BYTES), 1, count,
                            embedding.length))
                    : input(OnnxModel.INPUT_IDS,
                            Value.over(ElementType.INT64, tokenMemory.asSlice(0, (long) count * Long.BYTES), 1, count));
            tokenCount = count;
        }
        for (int i = 0; i < count; i++) {
            int token = tokens[from + i];
            if (table.isPresent()) {
                ModelTensor rows = table.get();
                Dequantizer.dequantize(rows.type(), rows.data(), token * rows.rowBytes(), embedding, 0,
                        embedding.length);
                MemorySegment.copy(embedding, 0, tokenMemory, ValueLayout.JAVA_FLOAT,
                        (long) i * embedding.length * Float.BYTES, embedding.length);
            } else {
                tokenMemory.setAtIndex(ValueLayout.JAVA_LONG, i, token);
            }
        }
    }

    @Override
    public void close() {
        if (tokenInput != null) {
            tokenInput.value().close();
        }
        logitsTensor.close();
        fixed.forEach(input -> input.value().close());
        runOptions.close();
        arena.close();
    }
}
