package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.graph.Pooling;
import io.github.jnpu.convert.onnx.ElementType;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.Encoder;
import io.github.jnpu.engine.backend.onnxruntime.capi.IoBinding;
import io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeException;
import io.github.jnpu.engine.backend.onnxruntime.capi.RunOptions;
import io.github.jnpu.engine.backend.onnxruntime.capi.Session;
import io.github.jnpu.engine.backend.onnxruntime.capi.SessionOptions;
import io.github.jnpu.engine.backend.onnxruntime.capi.TensorDescription;
import io.github.jnpu.engine.backend.onnxruntime.capi.Value;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * An encoder as a session of ONNX Runtime. On the CPU the runs of a batch go side by side, each on one core: an encoder's products are too small to
 * be shared.
 */
final class OnnxEncoder implements Encoder {
    private static final int BATCH_TOKENS = 1024;
    private static final int MAX_WIDTH = 1 << 20;
    /** What is added to the score of a position that only fills a text up. */
    private static final float UNSEEN = -1e9f;

    /**
     * What a session is made from and how it is used.
     *
     * @param name
     *            for messages
     * @param vocabularySize
     *            ids are less; 0 if it is not known
     * @param embeddings
     *            looks tokens up where the graph does not; null where it does
     * @param together
     *            whether texts may share a run: not where numbers are rounded by the largest of the run
     * @param separator
     *            for a network that gives one number for a pair of texts: the token that ends the first; else empty
     */
    record Network(String name, int vocabularySize, int maxTokens, Pooling pooling, TokenRows embeddings,
            boolean together, OptionalInt separator) {}

    /** Looks a token up. */
    @FunctionalInterface
    interface TokenRows {
        void copy(int token, float[] target);
    }

    /** Makes a session with some settings. */
    @FunctionalInterface
    interface SessionMaker {
        Session make(SessionOptions settings);
    }

    private final Network network;
    private final Session session;
    private final RunOptions runOptions = new RunOptions();
    private final AutoCloseable weights;
    private final String output;
    private final int width;
    /** How many dimensions the output has: three for rows of tokens that are still to be pooled. */
    private final int dimensions;
    /** Whether the graph gives what is asked for by itself. */
    private final boolean pooled;
    private final Map<String, ElementType> inputs = new HashMap<>();
    private final ExecutorService executor;

    /**
     * @param weights
     *            closed behind the session, and if it cannot be made
     */
    OnnxEncoder(Network network, ProviderChoice provider, int threads, SessionMaker maker, AutoCloseable weights) {
        this.network = network;
        this.weights = weights;
        try {
            this.session = open(provider, maker);
        } catch (RuntimeException | Error e) {
            closeWeights();
            throw e;
        }
        try {
            TensorDescription result = chooseOutput(session.outputs());
            long[] shape = result.dims();
            this.output = result.name();
            this.dimensions = shape.length;
            this.pooled = network.separator().isPresent() || shape.length == 2;
            readInputs();
            if (network.separator().isPresent()) {
                requireOneNumber(shape);
                this.width = 1;
            } else if (shape[shape.length - 1] < 1 || shape[shape.length - 1] > MAX_WIDTH) {
                throw new BackendException("model '%s' does not say how wide its output '%s' is: %s"
                        .formatted(network.name(), output, Arrays.toString(shape)));
            } else {
                this.width = (int) shape[shape.length - 1];
            }
        } catch (OnnxRuntimeException e) {
            session.close();
            closeWeights();
            throw e.whileDoing("describe model '%s'".formatted(network.name()));
        } catch (RuntimeException | Error e) {
            session.close();
            closeWeights();
            throw e;
        }
        // A device other than the CPU takes one run after the other anyway.
        this.executor = Executors.newFixedThreadPool(provider.isCpu() ? threads : 1,
                Thread.ofPlatform().daemon().name("jnpu-encoder-", 0).factory());
    }

    private Session open(ProviderChoice provider, SessionMaker maker) {
        try (SessionOptions settings = new SessionOptions()) {
            settings.threads(1, 1);
            provider.addTo(settings);
            return maker.make(settings);
        } catch (OnnxRuntimeException e) {
            throw e.whileDoing("make a session of model '%s'".formatted(network.name()));
        }
    }

    private static boolean isFloats(TensorDescription tensor, int dimensions) {
        return tensor.elementType() == ElementType.FLOAT.id() && tensor.dims().length == dimensions;
    }

    /** Exports have {@code [pairs, 1]}, {@code [pairs]} or {@code [pairs, 1, 1]}; what a file does not say, it may be. */
    private void requireOneNumber(long[] shape) {
        for (int i = 1; i < shape.length; i++) {
            if (shape[i] > 1) {
                throw new BackendException(
                        "model '%s' gives '%s' as %s for each pair of texts; a cross-encoder gives one number"
                                .formatted(
                                        network.name(), output, Arrays.toString(shape)));
            }
        }
    }

    /** Of a pair of texts {@code logits}, or the only output there is. */
    private TensorDescription chooseScore(List<TensorDescription> outputs) {
        return outputs.stream().filter(tensor -> tensor.name().equals("logits") || outputs.size() == 1).filter(
                tensor -> tensor.elementType() == ElementType.FLOAT.id() && tensor.dims().length >= 1 && tensor
                        .dims().length <= 3)
                .findFirst().orElseThrow(() -> new BackendException(
                        "model '%s' is no cross-encoder: it has no output 'logits' of floats, only %s".formatted(
                                network.name(), names(outputs))));
    }

    private static String names(List<TensorDescription> tensors) {
        return tensors.stream().map(TensorDescription::name).collect(Collectors.joining(", "));
    }

    /** A vector for each text if there is one by that name, else the rows of tokens. */
    private TensorDescription chooseOutput(List<TensorDescription> outputs) {
        if (network.separator().isPresent()) {
            return chooseScore(outputs);
        }
        return named(outputs, "sentence_embedding", 2).or(() -> named(outputs, "last_hidden_state", 3))
                .or(() -> outputs.stream().filter(tensor -> isFloats(tensor, 3)).findFirst())
                .orElseThrow(() -> new BackendException(
                        "model '%s' has no output of [texts, tokens, width] floats, only %s".formatted(network.name(),
                                names(outputs))));
    }

    private static Optional<TensorDescription> named(List<TensorDescription> outputs, String name, int dimensions) {
        return outputs.stream().filter(tensor -> tensor.name().equals(name) && isFloats(tensor, dimensions))
                .findFirst();
    }

    private void readInputs() {
        for (TensorDescription input : session.inputs()) {
            Optional<ElementType> type = Arrays.stream(ElementType.values())
                    .filter(known -> known.id() == input.elementType()).findFirst();
            boolean known = switch (input.name()) {
                case "input_ids", "attention_mask", "token_type_ids", "position_ids" ->
                    type.filter(numbers -> numbers == ElementType.INT64 || numbers == ElementType.INT32).isPresent();
                case "inputs_embeds", "attention_bias" -> type.filter(ElementType.FLOAT::equals).isPresent();
                default -> false;
            };
            if (!known) {
                throw new BackendException("model '%s' wants an input '%s', which no encoder of a known kind has"
                        .formatted(network.name(), input));
            }
            inputs.put(input.name(), type.get());
        }
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int maxTokens() {
        return network.maxTokens();
    }

    @Override
    public int batchTokens() {
        return BATCH_TOKENS;
    }

    @Override
    public float[][] encode(List<int[]> texts) {
        texts.forEach(this::check);
        List<Future<float[][]>> parts = new ArrayList<>();
        int step = network.together() ? texts.size() : 1;
        for (int from = 0; from < texts.size(); from += step) {
            List<int[]> part = texts.subList(from, Math.min(texts.size(), from + step));
            parts.add(executor.submit(() -> run(part)));
        }
        List<float[]> vectors = new ArrayList<>();
        for (Future<float[][]> part : parts) {
            vectors.addAll(List.of(result(part)));
        }
        return vectors.toArray(float[][]::new);
    }

    private static float[][] result(Future<float[][]> part) {
        try {
            return part.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackendException("interrupted while texts were encoded", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                default -> throw new BackendException("texts cannot be encoded: " + e.getCause(), e.getCause());
            }
        }
    }

    private void check(int[] text) {
        if (text.length < 1 || text.length > network.maxTokens()) {
            throw new IllegalArgumentException("a text has 1 to %d tokens, not %d".formatted(network.maxTokens(),
                    text.length));
        }
        for (int token : text) {
            if (token < 0 || network.vocabularySize() > 0 && token >= network.vocabularySize()) {
                throw new IllegalArgumentException(
                        "token %d is outside the vocabulary of %d".formatted(token, network.vocabularySize()));
            }
        }
    }

    private float[][] run(List<int[]> texts) {
        try (Run run = new Run(texts); IoBinding binding = new IoBinding(session)) {
            run.tensors.forEach(binding::input);
            binding.keepOutput(output, run.result);
            session.run(runOptions, binding);
            float[] rows = run.rows.toArray(ValueLayout.JAVA_FLOAT);
            float[][] vectors = new float[texts.size()][width];
            for (int i = 0; i < vectors.length; i++) {
                if (pooled) {
                    System.arraycopy(rows, i * width, vectors[i], 0, width);
                } else {
                    network.pooling().pool(rows, i * run.longest, texts.get(i).length, vectors[i]);
                }
            }
            return vectors;
        } catch (OnnxRuntimeException e) {
            throw e.whileDoing("run model '%s'".formatted(network.name()));
        }
    }

    /** The tensors of a run, and their memory. */
    private final class Run implements AutoCloseable {
        final Map<String, Value> tensors = new HashMap<>();
        final int longest;
        final MemorySegment rows;
        final Value result;
        private final Arena arena = Arena.ofConfined();
        private final List<int[]> texts;

        Run(List<int[]> texts) {
            this.texts = texts;
            this.longest = texts.stream().mapToInt(text -> text.length).max().orElse(0);
            long[] dims = pooled ? new long[dimensions] : new long[]{texts.size(), longest, width};
            if (pooled) {
                Arrays.fill(dims, width);
                dims[0] = texts.size();
            }
            try {
                this.rows = allocate(ElementType.FLOAT, dims);
                inputs.forEach((name, type) -> tensors.put(name, tensor(name, type)));
                this.result = Value.over(ElementType.FLOAT, rows, dims);
            } catch (RuntimeException | Error e) {
                release();
                throw e;
            }
        }

        private MemorySegment allocate(ElementType type, long... dims) {
            return arena.allocate(Arrays.stream(dims).reduce(type.byteSize(1), Math::multiplyExact), 64);
        }

        private Value tensor(String input, ElementType type) {
            int count = texts.size();
            return switch (input) {
                case "input_ids" ->
                    integers(type, (row, at) -> at < texts.get(row).length ? texts.get(row)[at] : 0, count, longest);
                case "attention_mask" ->
                    integers(type, (row, at) -> at < texts.get(row).length ? 1 : 0, count, longest);
                case "token_type_ids" -> {
                    int[] seconds = texts.stream().mapToInt(this::secondPart).toArray();
                    yield integers(type, (row, at) -> at >= seconds[row] && at < texts.get(row).length ? 1 : 0, count,
                            longest);
                }
                // Ours are the same for all texts; models of others want them for each.
                case "position_ids" -> inputs.containsKey("attention_bias")
                        ? integers(type, (_, at) -> at, longest)
                        : integers(type, (_, at) -> at, count, longest);
                case "attention_bias" -> bias(count, 1, 1, longest);
                default -> embeddings(count, longest, width);
            };
        }

        /** Where the second text of a pair begins; behind the end where there is one text. */
        private int secondPart(int[] text) {
            for (int at = 0; at < text.length && network.separator().isPresent(); at++) {
                if (text[at] == network.separator().getAsInt()) {
                    return at + 1;
                }
            }
            return text.length;
        }

        private Value integers(ElementType type, Cell cell, long... dims) {
            int rowCount = dims.length == 1 ? 1 : texts.size();
            MemorySegment memory = allocate(type, dims);
            for (int row = 0; row < rowCount; row++) {
                for (int at = 0; at < longest; at++) {
                    long value = cell.of(row, at);
                    long place = (long) row * longest + at;
                    if (type == ElementType.INT64) {
                        memory.setAtIndex(ValueLayout.JAVA_LONG, place, value);
                    } else {
                        memory.setAtIndex(ValueLayout.JAVA_INT, place, (int) value);
                    }
                }
            }
            return Value.over(type, memory, dims);
        }

        private Value bias(long... dims) {
            MemorySegment memory = allocate(ElementType.FLOAT, dims);
            for (int row = 0; row < texts.size(); row++) {
                for (int at = texts.get(row).length; at < longest; at++) {
                    memory.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * longest + at, UNSEEN);
                }
            }
            return Value.over(ElementType.FLOAT, memory, dims);
        }

        private Value embeddings(long... dims) {
            MemorySegment memory = allocate(ElementType.FLOAT, dims);
            float[] row = new float[width];
            long place = 0;
            for (int[] text : texts) {
                for (int at = 0; at < longest; at++) {
                    network.embeddings().copy(at < text.length ? text[at] : 0, row);
                    MemorySegment.copy(row, 0, memory, ValueLayout.JAVA_FLOAT, place, width);
                    place += (long) width * Float.BYTES;
                }
            }
            return Value.over(ElementType.FLOAT, memory, dims);
        }

        private void release() {
            tensors.values().forEach(Value::close);
            arena.close();
        }

        @Override
        public void close() {
            result.close();
            release();
        }
    }

    @FunctionalInterface
    private interface Cell {
        long of(int row, int at);
    }

    private void closeWeights() {
        try {
            weights.close();
        } catch (Exception e) {
            throw new BackendException("weights cannot be freed: " + e, e);
        }
    }

    @Override
    public void close() {
        // Runs that have begun end first.
        executor.close();
        session.close();
        runOptions.close();
        closeWeights();
    }
}
