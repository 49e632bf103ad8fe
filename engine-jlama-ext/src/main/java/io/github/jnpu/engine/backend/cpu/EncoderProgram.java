package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.EncoderGraph;
import io.github.jnpu.convert.graph.EncoderOperation;
import io.github.jnpu.convert.graph.Operation;
import io.github.jnpu.convert.graph.RopeFrequencies;
import io.github.jnpu.convert.graph.Value;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An encoder as a list of steps over fixed buffers: what {@link Program} is for decoders. All workers of a pool run it together, over
 * the tokens of several texts at once.
 */
final class EncoderProgram {
    private final Kernels kernels;
    private final WorkerPool pool;
    private final Arena arena;
    private final TextLayout layout;
    private final BufferPlan plan;
    private final float[][] buffers;
    private final MemorySegment panels;
    private final Scratch[] scratch;
    private final EncoderSteps.Workspace[] workspaces;
    private final int maxBatch;
    private final float[] result;
    private final List<Step> steps = new ArrayList<>();
    private final boolean[] barriers;
    private final Map<String, WeightMatrix> matrices = new LinkedHashMap<>();
    private final Map<RopeFrequencies, EncoderSteps.RopeAngles> angles = new HashMap<>();
    /** The buffer that is in {@link #panels} at this point of the program. */
    private float[] packed;

    EncoderProgram(EncoderGraph graph, Kernels kernels, WorkerPool pool, TextLayout layout, Arena arena) {
        this.kernels = kernels;
        this.pool = pool;
        this.layout = layout;
        this.arena = arena;
        this.maxBatch = layout.positions.length;
        this.plan = new BufferPlan(graph);
        this.buffers = plan.allocate(maxBatch);
        this.scratch = new Scratch[pool.workers()];
        this.workspaces = new EncoderSteps.Workspace[pool.workers()];
        Arrays.setAll(workspaces, _ -> EncoderSteps.Workspace.of(graph.config().keyLength()));
        this.panels = arena.allocate(graph.operations().stream()
                .mapToLong(operation -> operation instanceof Operation.Projection projection
                        ? kernels.panelBytes(maxBatch, projection.weight().columns())
                        : 0)
                .max().orElse(0), 64);
        graph.operations().forEach(this::addSteps);
        this.result = bufferOf(graph.output());
        this.barriers = placeBarriers();
        int scratchFloats = matrices.values().stream().mapToInt(matrix -> matrix.scratchFloats(maxBatch)).max()
                .orElse(0);
        Arrays.setAll(scratch, _ -> new Scratch(new float[scratchFloats]));
        loadWeights();
    }

    /** Lays weights out as products want them, with all workers. */
    private void loadWeights() {
        List<WeightMatrix> pending = matrices.values().stream().filter(matrix -> matrix.packedBytes() > 0).toList();
        pending.forEach(matrix -> matrix.place(MemoryAdvice.allocate(arena, matrix.packedBytes())));
        pool.run((worker, workers) -> pending.forEach(matrix -> {
            int step = matrix.rowGranularity();
            int blocks = Math.ceilDiv(matrix.rows(), step);
            int from = Step.share(blocks, worker, workers) * step;
            int to = Math.min(matrix.rows(), Step.share(blocks, worker + 1, workers) * step);
            if (from < to) {
                matrix.load(from, to);
            }
        }));
    }

    /** The rows of the last run's tokens, [tokens][width]; the next run overwrites them. */
    float[] result() {
        return result;
    }

    /** One worker's part of running a batch. */
    void run(Batch batch, int worker, int workers) {
        for (int i = 0; i < barriers.length; i++) {
            if (barriers[i]) {
                pool.barrier(worker);
            }
            if (!pool.failed()) {
                try {
                    steps.get(i).run(batch, batch.count, worker, workers);
                } catch (Throwable thrown) {
                    pool.fail(thrown);
                }
            }
        }
    }

    private void addSteps(EncoderOperation operation) {
        float[] output = bufferOf(operation.output());
        int width = operation.output().width();
        switch (operation) {
            case Operation.TokenEmbedding embedding -> steps.add(new Steps.Embed(matrix(embedding.table(), false),
                    output));
            case EncoderOperation.TokenTypeEmbedding types -> steps.add(new EncoderSteps.AddRow(bufferOf(types.input()),
                    floats(types.table(), width), output));
            case EncoderOperation.PositionEmbedding positions -> steps.add(new EncoderSteps.AddPositions(layout,
                    bufferOf(positions.input()),
                    floats(positions.table(), Math.toIntExact(positions.table().elementCount())), width, output));
            case EncoderOperation.LayerNorm norm -> steps.add(new EncoderSteps.LayerNorm(kernels,
                    bufferOf(norm.input()), floats(norm.gain(), width), floats(norm.bias(), width), norm.epsilon(),
                    output));
            case Operation.Projection projection -> {
                float[] input = bufferOf(projection.input());
                if (packed != input) {
                    steps.add(new Steps.Pack(kernels, input, projection.weight().columns(), panels));
                    packed = input;
                }
                steps.add(new Steps.Projection(matrix(projection.weight(), true), input, panels,
                        projection.bias().map(bias -> floats(bias, width)).orElse(null), output, scratch,
                        new float[0][]));
            }
            case Operation.Rope rope -> {
                EncoderSteps.RopeAngles table = anglesFor(rope.frequencies());
                steps.add(new Steps.Rope(bufferOf(rope.input()), width, rope.headWidth(), rope.layout(),
                        table.cosines(), table.sines(), rope.frequencies().inverse().length, output));
            }
            case EncoderOperation.FullAttention attention -> steps.add(new EncoderSteps.Attend(kernels.attention(),
                    attention, layout, bufferOf(attention.query()), bufferOf(attention.key()),
                    bufferOf(attention.value()), output, workspaces));
            case Operation.GatedActivation gated -> steps.add(new Steps.Gate(kernels, gated.activation(),
                    bufferOf(gated.gate()), bufferOf(gated.up()), width, output));
            case EncoderOperation.Activate activate -> steps.add(new EncoderSteps.Activate(kernels,
                    activate.activation(), bufferOf(activate.input()), width, output));
            case Operation.Add add -> steps.add(new Steps.Add(kernels, bufferOf(add.left()), bufferOf(add.right()),
                    width, output));
        }
        if (output == packed) {
            packed = null;
        }
    }

    private EncoderSteps.RopeAngles anglesFor(RopeFrequencies frequencies) {
        return angles.computeIfAbsent(frequencies, key -> {
            int size = Math.multiplyExact(maxBatch, key.inverse().length);
            EncoderSteps.RopeAngles table = new EncoderSteps.RopeAngles(layout, key, new float[size], new float[size]);
            steps.add(table);
            return table;
        });
    }

    private float[] bufferOf(Value value) {
        return buffers[plan.bufferOf(value)];
    }

    private WeightMatrix matrix(ModelTensor tensor, boolean multiplied) {
        return matrices.computeIfAbsent(tensor.name(),
                _ -> multiplied ? kernels.repack(tensor, arena) : kernels.prepare(tensor, arena));
    }

    private static float[] floats(ModelTensor tensor, int count) {
        float[] values = new float[count];
        Dequantizer.dequantize(tensor.type(), tensor.data(), 0, values, 0, count);
        return values;
    }

    /** As in {@link Program}: before each step that touches what an earlier one since the last barrier wrote, or writes what it read. */
    private boolean[] placeBarriers() {
        Set<Object> read = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<Object> written = Collections.newSetFromMap(new IdentityHashMap<>());
        boolean[] before = new boolean[steps.size()];
        for (int i = 0; i < before.length; i++) {
            Step step = steps.get(i);
            before[i] = step.reads().stream().anyMatch(written::contains)
                    || step.writes().stream().anyMatch(array -> read.contains(array) || written.contains(array));
            if (before[i]) {
                read.clear();
                written.clear();
            }
            read.addAll(step.reads());
            written.addAll(step.writes());
        }
        return before;
    }
}
