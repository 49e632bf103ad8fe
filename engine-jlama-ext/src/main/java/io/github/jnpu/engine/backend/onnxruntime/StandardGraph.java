package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.RopeFrequencies;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.ElementType;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.convert.onnx.OnnxOptions.FixedShape;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.onnxruntime.capi.IoBinding;
import io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeException;
import io.github.jnpu.engine.backend.onnxruntime.capi.RunOptions;
import io.github.jnpu.engine.backend.onnxruntime.capi.Session;
import io.github.jnpu.engine.backend.onnxruntime.capi.Value;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A session of a graph in the dialect of standard operators, and what goes in and out of it. Where the number of tokens stands in the graph, a
 * run of fewer is filled up with rows of zeros behind them: no token sees one after its own. For one thread.
 */
final class StandardGraph implements AutoCloseable {
    /** Far below any score, and far above what 16 bits cannot hold. */
    private static final float UNSEEN = -10_000;

    private final Session session;
    private final RunOptions runOptions = new RunOptions();
    private final IoBinding binding;
    /** Inputs that the session reads in a device's memory: they are copied there when they are bound. */
    private final Set<String> copied;
    private final DecoderGraph graph;
    private final OnnxModel model;
    private final Optional<FixedShape> shape;
    private final int width;
    private final int vocabularySize;
    private final float[] embedding;
    private final Map<String, Value> inputs = new HashMap<>();
    private final Map<String, Value> outputs = new HashMap<>();
    /** By the names of inputs and outputs: the memory of their tensors. */
    private final Map<String, MemorySegment> memories = new HashMap<>();
    private Arena arena = Arena.ofShared();
    private int tokens;
    private int cached;
    private int logitRows;

    StandardGraph(Session session, DecoderGraph graph, OnnxModel model, Optional<FixedShape> shape) {
        this.session = session;
        this.binding = new IoBinding(session);
        this.copied = session.inputMemory().entrySet().stream().filter(input -> !input.getValue().isHost())
                .map(Map.Entry::getKey).collect(Collectors.toSet());
        this.graph = graph;
        this.model = model;
        this.shape = shape;
        this.width = graph.config().embeddingLength();
        this.vocabularySize = graph.config().vocabularySize();
        this.embedding = new float[model.outsideTable().isPresent() ? width : 0];
    }

    /** How many logits one run can give at most; {@link Integer#MAX_VALUE} where that is open. */
    int maxLogitRows() {
        return shape.isPresent() ? 1 : Integer.MAX_VALUE;
    }

    long byteSize() {
        return memories.values().stream().mapToLong(MemorySegment::byteSize).sum();
    }

    /**
     * Runs some tokens of a sequence, and puts their keys and values into its cache, which has room for them.
     *
     * @param length
     *            how many the sequence had before
     * @param stream
     *            the residual stream from {@code streamRow} on, where the graph takes or gives it
     * @param wanted
     *            of how many of these tokens, the last ones, logits are wanted
     * @param logits
     *            receives them from {@code logitsOffset} on
     */
    void run(HostCache cache, int length, int[] ids, int from, int count, float[] stream, int streamRow, int wanted,
            float[] logits, int logitsOffset) {
        int rows = Math.max(1, wanted);
        prepare(shape.map(FixedShape::tokens).orElse(count), cache.positions(), rows);
        if (model.takesStream()) {
            MemorySegment.copy(stream, streamRow * width, memories.get(OnnxModel.HIDDEN_STATES), ValueLayout.JAVA_FLOAT,
                    0, count * width);
        } else {
            embed(ids, from, count);
        }
        setAngles(length);
        setMask(length);
        chooseRows(count - rows);
        cache.bind(inputs);
        try {
            inputs.forEach((name, value) -> {
                if (copied.contains(name)) {
                    binding.input(name, value);
                } else {
                    binding.keepInput(name, value);
                }
            });
            outputs.forEach(binding::keepOutput);
            session.run(runOptions, binding);
        } catch (OnnxRuntimeException e) {
            throw e.whileDoing("run the model");
        }
        cache.take(memories, tokens, length, count);
        if (model.givesStream()) {
            MemorySegment.copy(memories.get(OnnxModel.HIDDEN_STATES_OUT), ValueLayout.JAVA_FLOAT, 0, stream,
                    streamRow * width, count * width);
        } else if (wanted > 0) {
            MemorySegment.copy(memories.get(OnnxModel.LOGITS), ValueLayout.JAVA_FLOAT, 0, logits, logitsOffset,
                    rows * vocabularySize);
        }
    }

    /** Makes tensors anew if a size has changed. */
    private void prepare(int newTokens, int newCached, int newRows) {
        if (newTokens == tokens && newCached == cached && newRows == logitRows) {
            return;
        }
        release();
        tokens = newTokens;
        cached = newCached;
        logitRows = newRows;
        try {
            makeTensors();
        } catch (RuntimeException | Error e) {
            release();
            throw e;
        }
    }

    private void makeTensors() {
        input(OnnxModel.HIDDEN_STATES, ElementType.FLOAT, 1, tokens, width);
        input(OnnxModel.INPUTS_EMBEDS, ElementType.FLOAT, 1, tokens, width);
        for (int i = 0; i < model.frequencies().size(); i++) {
            int pairs = model.frequencies().get(i).inverse().length;
            input(OnnxModel.cosines(i), ElementType.FLOAT, tokens, pairs);
            input(OnnxModel.sines(i), ElementType.FLOAT, tokens, pairs);
        }
        input(OnnxModel.ATTENTION_MASK, ElementType.FLOAT, 1, 1, tokens, cached + tokens);
        input(OnnxModel.LOGITS_ROWS, ElementType.FLOAT, 1, logitRows, tokens);
        if (model.givesStream()) {
            outputs.put(OnnxModel.HIDDEN_STATES_OUT,
                    tensor(OnnxModel.HIDDEN_STATES_OUT, ElementType.FLOAT, 1, tokens, width));
        } else {
            outputs.put(OnnxModel.LOGITS, tensor(OnnxModel.LOGITS, ElementType.FLOAT, 1, logitRows, vocabularySize));
        }
        HostCache.bindNew(graph, tokens, arena, outputs, memories);
    }

    private void input(String name, ElementType type, long... dims) {
        if (model.inputs().contains(name)) {
            inputs.put(name, tensor(name, type, dims));
        }
    }

    private Value tensor(String name, ElementType type, long... dims) {
        long elements = 1;
        for (long dim : dims) {
            elements *= dim;
        }
        MemorySegment memory = arena.allocate(type.byteSize(elements), 64);
        memories.put(name, memory);
        return Value.over(type, memory, dims);
    }

    private void embed(int[] ids, int from, int count) {
        ModelTensor table = model.outsideTable().orElseThrow();
        MemorySegment target = memories.get(OnnxModel.INPUTS_EMBEDS);
        for (int i = 0; i < count; i++) {
            Dequantizer.dequantize(table.type(), table.data(), ids[from + i] * table.rowBytes(), embedding, 0, width);
            MemorySegment.copy(embedding, 0, target, ValueLayout.JAVA_FLOAT, (long) i * width * Float.BYTES, width);
        }
    }

    private void setAngles(int length) {
        for (int i = 0; i < model.frequencies().size(); i++) {
            RopeFrequencies frequencies = model.frequencies().get(i);
            int pairs = frequencies.inverse().length;
            MemorySegment cosines = memories.get(OnnxModel.cosines(i));
            MemorySegment sines = memories.get(OnnxModel.sines(i));
            for (int place = 0; place < tokens * pairs; place++) {
                int position = length + place / pairs;
                cosines.setAtIndex(ValueLayout.JAVA_FLOAT, place, frequencies.cosine(position, place % pairs));
                sines.setAtIndex(ValueLayout.JAVA_FLOAT, place, frequencies.sine(position, place % pairs));
            }
        }
    }

    /** A one in each row of the matrix that picks tokens, for the first and those after it. */
    private void chooseRows(int first) {
        MemorySegment target = memories.get(OnnxModel.LOGITS_ROWS);
        if (target != null) {
            target.fill((byte) 0);
            for (int i = 0; i < logitRows; i++) {
                target.setAtIndex(ValueLayout.JAVA_FLOAT, (long) i * tokens + first + i, 1);
            }
        }
    }

    /** Every token sees all that were there before, and of the new ones those up to itself. */
    private void setMask(int length) {
        MemorySegment target = memories.get(OnnxModel.ATTENTION_MASK);
        if (target == null) {
            return;
        }
        float[] row = new float[cached + tokens];
        for (int place = length; place < row.length; place++) {
            row[place] = UNSEEN;
        }
        for (int i = 0; i < tokens; i++) {
            row[cached + i] = 0;
            MemorySegment.copy(row, 0, target, ValueLayout.JAVA_FLOAT, (long) i * row.length * Float.BYTES, row.length);
        }
    }

    private void release() {
        inputs.forEach((name, tensor) -> {
            // Those of the cache belong to it.
            if (memories.containsKey(name)) {
                tensor.close();
            }
        });
        outputs.values().forEach(Value::close);
        inputs.clear();
        outputs.clear();
        memories.clear();
        arena.close();
        arena = Arena.ofShared();
        tokens = 0;
    }

    @Override
    public void close() {
        release();
        arena.close();
        binding.close();
        runOptions.close();
        session.close();
    }
}
