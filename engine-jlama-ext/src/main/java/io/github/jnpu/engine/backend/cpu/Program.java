package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.DecoderGraph.Layer;
import io.github.jnpu.convert.graph.Operation;
import io.github.jnpu.convert.graph.RopeFrequencies;
import io.github.jnpu.convert.graph.Value;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.PackListener;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A graph as a list of steps over fixed buffers, with barriers only where one worker needs what another wrote. All workers of
 * a pool run it together.
 */
final class Program {
    /** Of weights, for a worker at a time: some milliseconds of work. */
    private static final long SHARE_BYTES = 4 << 20;

    /**
     * Rows of a matrix.
     *
     * @param offset
     *            where they lie in all packed weights, one matrix after the other, in bytes
     */
    private record Share(WeightMatrix matrix, int from, int to, long offset) {
        MemorySegment packed() {
            return matrix.packed(from, to);
        }
    }

    private final WorkerPool pool;
    private final Kernels kernels;
    private final Arena arena;
    private final BufferPlan plan;
    private final float[][] buffers;
    private final int maxBatch;
    private final AttentionWorkspace[] workspaces;
    private final AttentionSteps.ChunkResults chunkResults;
    private final Scratch[] scratch;
    /** One token's input for each worker, where several texts are decoded together. */
    private final float[][] ones;
    /** The input of the latest products in prefill; one memory for all, they come one after the other. */
    private final MemorySegment panels;
    /** The buffer that is in {@link #panels} at this point of the program. */
    private float[] packed;
    private final List<Step> steps = new ArrayList<>();
    private final List<Boolean> barrierBefore = new ArrayList<>();
    private final int headStart;
    private final Map<String, WeightMatrix> matrices = new LinkedHashMap<>();
    /** The tensors that products read, if they may be laid out anew; rows are looked up as fast in the file. */
    private final Set<String> repacked = new HashSet<>();
    private final Map<RopeFrequencies, Steps.RopeAngles> angles = new HashMap<>();
    private final Step[] code;
    private final boolean[] barriers;

    Program(DecoderGraph graph, Kernels kernels, WorkerPool pool, DecoderOptions options, Arena arena) {
        this.arena = arena;
        this.pool = pool;
        this.kernels = kernels;
        this.maxBatch = options.maxBatch();
        if (options.repack()) {
            repacked.addAll(projected(graph));
        }
        ModelConfig config = graph.config();
        this.workspaces = new AttentionWorkspace[pool.workers()];
        Arrays.setAll(workspaces, _ -> AttentionWorkspace.of(config.heads() / config.keyValueHeads(),
                config.keyLength(), config.valueLength()));
        this.chunkResults = new AttentionSteps.ChunkResults(config.heads(), config.valueLength());
        this.scratch = new Scratch[pool.workers()];
        this.ones = new float[pool.workers()][widestInput(graph)];
        this.plan = new BufferPlan(graph);
        this.buffers = plan.allocate(maxBatch);
        this.panels = arena.allocate(panelBytes(graph, kernels, maxBatch), 64);

        addSteps(graph.entry(), graph, null);
        for (Layer layer : graph.layers()) {
            Object cacheOfLayer = new Object();
            layer.operations().forEach(operation -> addSteps(operation, graph, cacheOfLayer));
        }
        if (graph.head().isEmpty()) {
            steps.add(new Steps.StreamOut(bufferOf(graph.output()), graph.output().width()));
        }
        headStart = steps.size();
        graph.head().ifPresent(head -> {
            steps.add(new Steps.SelectLast(bufferOf(head.input()), head.input().width()));
            packed = null;
            head.operations().forEach(operation -> addSteps(operation, graph, null));
        });
        placeBarriers();
        int scratchFloats = matrices.values().stream().mapToInt(matrix -> matrix.scratchFloats(maxBatch)).max()
                .orElse(0);
        Arrays.setAll(scratch, _ -> new Scratch(new float[scratchFloats]));
        code = steps.toArray(Step[]::new);
        barriers = new boolean[code.length];
        for (int i = 0; i < barriers.length; i++) {
            barriers[i] = barrierBefore.get(i);
        }
    }

    /**
     * Lays the weights out as products want them, with all workers, or maps a file where that was done before.
     *
     * @param file
     *            is written if it is not there
     * @throws java.util.concurrent.CancellationException
     *             if the listener wants no more of it
     */
    void loadWeights(PackListener listener, Optional<Path> file) {
        List<WeightMatrix> pending = matrices.values().stream().filter(matrix -> matrix.packedBytes() > 0).toList();
        if (pending.isEmpty()) {
            return;
        }
        Optional<List<MemorySegment>> kept = file
                .flatMap(path -> PackedFile.map(path, kernels.layout(), pending, arena));
        for (int i = 0; i < pending.size(); i++) {
            WeightMatrix matrix = pending.get(i);
            matrix.place(kept.isPresent()
                    ? kept.get().get(i)
                    : MemoryAdvice.allocate(arena, matrix.packedBytes()));
        }
        if (kept.isPresent()) {
            share(pending, listener, share -> share.packed().load());
            return;
        }
        Optional<PackedFile> draft = file.flatMap(path -> PackedFile.create(path, kernels.layout(), pending));
        try {
            share(pending, listener, share -> {
                share.matrix.load(share.from, share.to);
                draft.ifPresent(written -> written.write(share.packed(), share.offset));
            });
            draft.ifPresent(PackedFile::complete);
        } finally {
            draft.ifPresent(PackedFile::close);
        }
    }

    /** Some work on each part of the weights, with all workers. */
    private void share(List<WeightMatrix> pending, PackListener listener, Consumer<Share> work) {
        List<Share> shares = new ArrayList<>();
        long total = 0;
        for (WeightMatrix matrix : pending) {
            int step = matrix.rowGranularity();
            step *= Math.clamp(SHARE_BYTES * matrix.rows() / matrix.packedBytes() / step, 1, matrix.rows());
            for (int row = 0; row < matrix.rows(); row += step) {
                Share share = new Share(matrix, row, Math.min(matrix.rows(), row + step), total);
                shares.add(share);
                total += share.packed().byteSize();
            }
        }
        long all = total;
        AtomicInteger next = new AtomicInteger();
        AtomicLong done = new AtomicLong();
        pool.run((_, _) -> {
            for (int i = next.getAndIncrement(); i < shares.size() && !pool.failed(); i = next.getAndIncrement()) {
                try {
                    Share share = shares.get(i);
                    work.accept(share);
                    synchronized (done) {
                        listener.onProgress(done.addAndGet(share.packed().byteSize()), all);
                    }
                } catch (Throwable thrown) {
                    pool.fail(thrown);
                }
            }
        });
    }

    /** The tensors that products read. */
    private static Set<String> projected(DecoderGraph graph) {
        return graph.operations().stream()
                .flatMap(operation -> operation instanceof Operation.Projection projection
                        ? Stream.of(projection.weight().name())
                        : Stream.empty())
                .collect(Collectors.toSet());
    }

    private static int widestInput(DecoderGraph graph) {
        return graph.operations().stream()
                .mapToInt(operation -> operation instanceof Operation.Projection projection
                        ? projection.weight().columns()
                        : 0)
                .max().orElse(0);
    }

    private static long panelBytes(DecoderGraph graph, Kernels kernels, int maxBatch) {
        return graph.operations().stream()
                .mapToLong(operation -> operation instanceof Operation.Projection projection
                        ? kernels.panelBytes(maxBatch, projection.weight().columns())
                        : 0)
                .max().orElse(0);
    }

    /** All weights as they would lie in memory, in bytes. */
    static long weightBytes(DecoderGraph graph, Kernels kernels, boolean repack) {
        Set<String> repacked = repack ? projected(graph) : Set.of();
        return graph.tensors().stream().mapToLong(tensor -> {
            long packed = repacked.contains(tensor.name())
                    ? kernels.repack(tensor, Arena.ofAuto()).packedBytes()
                    : 0;
            return packed > 0 ? packed : tensor.data().byteSize();
        }).sum();
    }

    /** Values, panels and scratch memory for so many workers, in bytes. */
    static long bufferBytes(DecoderGraph graph, Kernels kernels, int workers, DecoderOptions options) {
        Set<String> projected = projected(graph);
        int scratch = graph.tensors().stream().filter(tensor -> projected.contains(tensor.name()))
                .map(tensor -> options.repack()
                        ? kernels.repack(tensor, Arena.ofAuto())
                        : kernels.prepare(tensor, Arena.ofAuto()))
                .mapToInt(matrix -> matrix.scratchFloats(options.maxBatch())).max().orElse(0);
        return new BufferPlan(graph).floats(options.maxBatch()) * Float.BYTES
                + panelBytes(graph, kernels, options.maxBatch()) + (long) workers * scratch * Float.BYTES;
    }

    /** Makes room for attention over this many positions. */
    void reserve(int positions) {
        chunkResults.reserve(positions);
    }

    /** The memory of values, panels and scratch, and what weights take more than in the file, in bytes. */
    long bufferBytes() {
        long words = 0;
        for (float[] buffer : buffers) {
            words += buffer.length;
        }
        for (Scratch own : scratch) {
            words += own.floats().length;
        }
        return panels.byteSize() + words * Float.BYTES + matrices.values().stream()
                .mapToLong(matrix -> Math.max(0, matrix.packedBytes() - matrix.fileBytes())).sum();
    }

    int maxBatch() {
        return maxBatch;
    }

    /** The arithmetic that knows how keys and values lie in the cache. */
    AttentionKernels attention() {
        return kernels.attention();
    }

    /** One worker's part of running a batch through the network; how many share it may change from batch to batch. */
    void run(Batch batch, int worker, int workers) {
        int end = batch.logitRows > 0 ? code.length : headStart;
        for (int i = 0; i < end; i++) {
            if (barriers[i]) {
                pool.barrier(worker);
            }
            if (!pool.failed()) {
                try {
                    code[i].run(batch, i < headStart ? batch.count : batch.logitRows, worker, workers);
                } catch (Throwable thrown) {
                    pool.fail(thrown);
                }
            }
        }
    }

    private void addSteps(Operation operation, DecoderGraph graph, Object cacheOfLayer) {
        switch (operation) {
            case Operation.TokenEmbedding embedding ->
                steps.add(new Steps.Embed(matrix(embedding.table()), bufferOf(embedding.output())));
            case Operation.StreamInput stream ->
                steps.add(new Steps.StreamIn(bufferOf(stream.output()), stream.output().width()));
            case Operation.RmsNorm norm ->
                steps.add(new Steps.RmsNorm(kernels, bufferOf(norm.input()), floats(norm.gain()),
                        norm.epsilon(), norm.output().width(), bufferOf(norm.output())));
            case Operation.Projection projection -> {
                float[] input = bufferOf(projection.input());
                if (packed != input) {
                    steps.add(new Steps.Pack(kernels, input, projection.weight().columns(), panels));
                    packed = input;
                }
                steps.add(new Steps.Projection(matrix(projection.weight()), input, panels,
                        projection.bias().map(Program::floats).orElse(null),
                        isLogits(projection.output(), graph) ? null : bufferOf(projection.output()),
                        scratch, ones));
            }
            case Operation.Rope rope -> {
                Steps.RopeAngles table = anglesFor(rope.frequencies());
                steps.add(new Steps.Rope(bufferOf(rope.input()), rope.output().width(), rope.headWidth(), rope.layout(),
                        table.cosines(), table.sines(), rope.frequencies().inverse().length, bufferOf(rope.output())));
            }
            case Operation.Attention attention -> {
                steps.add(new AttentionSteps.Remember(kernels.attention(), attention, bufferOf(attention.key()),
                        bufferOf(attention.value()), cacheOfLayer));
                AttentionSteps.Attend attend = new AttentionSteps.Attend(kernels.attention(), attention,
                        bufferOf(attention.query()), bufferOf(attention.output()), workspaces, chunkResults,
                        cacheOfLayer);
                steps.add(attend);
                steps.add(new AttentionSteps.AddChunks(attend));
            }
            case Operation.GatedActivation gated ->
                steps.add(new Steps.Gate(kernels, gated.activation(), bufferOf(gated.gate()), bufferOf(gated.up()),
                        gated.output().width(), bufferOf(gated.output())));
            case Operation.Add add -> steps.add(new Steps.Add(kernels, bufferOf(add.left()), bufferOf(add.right()),
                    add.output().width(), bufferOf(add.output())));
        }
        if (!isLogits(operation.output(), graph) && bufferOf(operation.output()) == packed) {
            packed = null;
        }
    }

    /** They go to the caller's array. */
    private static boolean isLogits(Value value, DecoderGraph graph) {
        return graph.head().isPresent() && value.equals(graph.output());
    }

    /** The table of angles for these frequencies; most models have one for all layers. */
    private Steps.RopeAngles anglesFor(RopeFrequencies frequencies) {
        return angles.computeIfAbsent(frequencies, key -> {
            int size = Math.multiplyExact(maxBatch, key.inverse().length);
            Steps.RopeAngles table = new Steps.RopeAngles(key, new float[size], new float[size]);
            steps.add(table);
            return table;
        });
    }

    private float[] bufferOf(Value value) {
        return buffers[plan.bufferOf(value)];
    }

    /** The output may be the embedding table, so one matrix for each tensor. */
    private WeightMatrix matrix(ModelTensor tensor) {
        return matrices.computeIfAbsent(tensor.name(), _ -> repacked.contains(tensor.name())
                ? kernels.repack(tensor, arena)
                : kernels.prepare(tensor, arena));
    }

    private static float[] floats(ModelTensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elementCount())];
        Dequantizer.dequantize(tensor.type(), tensor.data(), 0, values, 0, values.length);
        return values;
    }

    /**
     * A barrier stands before each step that touches an array which an earlier step since the last barrier wrote, or that
     * writes one which an earlier step read. Queries, keys and values thus run without waiting in between.
     */
    private void placeBarriers() {
        Set<Object> read = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<Object> written = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Step step : steps) {
            boolean hazard = step.reads().stream().anyMatch(written::contains)
                    || step.writes().stream().anyMatch(array -> read.contains(array) || written.contains(array));
            if (hazard) {
                read.clear();
                written.clear();
            }
            barrierBefore.add(hazard);
            read.addAll(step.reads());
            written.addAll(step.writes());
        }
    }

    /** Whether a backend with these kernels can run every operation; the reason if not. */
    static Optional<String> refusal(DecoderGraph graph, Kernels kernels) {
        return graph.tensors().stream().filter(weight -> !kernels.supports(weight)).findFirst()
                .map(weight -> "tensor '%s' is of type %s, for which there is no code".formatted(weight.name(),
                        weight.type()));
    }
}
