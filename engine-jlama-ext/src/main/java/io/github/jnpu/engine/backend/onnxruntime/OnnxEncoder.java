package io.github.jnpu.engine.backend.onnxruntime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import io.github.jnpu.convert.graph.Pooling;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.Encoder;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * An encoder as a session of ONNX Runtime. On the CPU the runs of a batch go side by side, each on one core: an encoder's products are too small to
 * be shared.
 */
final class OnnxEncoder implements Encoder {
    private static final int BATCH_TOKENS = 1024;
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
     */
    record Network(String name, int vocabularySize, int maxTokens, Pooling pooling, TokenRows embeddings,
            boolean together) {}

    /** Looks a token up. */
    @FunctionalInterface
    interface TokenRows {
        void copy(int token, float[] target);
    }

    /** Makes a session with some settings. */
    @FunctionalInterface
    interface SessionMaker {
        OrtSession make(OrtEnvironment environment, SessionOptions settings) throws OrtException;
    }

    private final Network network;
    private final OrtSession session;
    private final AutoCloseable weights;
    private final String output;
    private final int width;
    /** Whether the graph pools by itself. */
    private final boolean pooled;
    private final Map<String, OnnxJavaType> inputs = new HashMap<>();
    private final ExecutorService executor;

    /**
     * @param weights
     *            closed behind the session, and if it cannot be made
     */
    OnnxEncoder(Network network, ExecutionProvider provider, int threads, SessionMaker maker, AutoCloseable weights) {
        this.network = network;
        this.weights = weights;
        try {
            this.session = open(provider, maker);
        } catch (RuntimeException | Error e) {
            closeWeights();
            throw e;
        }
        try {
            NodeInfo result = chooseOutput(session.getOutputInfo());
            long[] shape = ((TensorInfo) result.getInfo()).getShape();
            this.output = result.getName();
            this.pooled = shape.length == 2;
            readInputs();
            this.width = shape[shape.length - 1] > 0 ? (int) shape[shape.length - 1] : measureWidth();
        } catch (OrtException e) {
            close(session);
            closeWeights();
            throw OrtFailure.of("describe model '%s'".formatted(network.name()), e);
        } catch (RuntimeException | Error e) {
            close(session);
            closeWeights();
            throw e;
        }
        // A device other than the CPU takes one run after the other anyway.
        this.executor = Executors.newFixedThreadPool(provider == ExecutionProvider.CPU ? threads : 1,
                Thread.ofPlatform().daemon().name("jnpu-encoder-", 0).factory());
    }

    private OrtSession open(ExecutionProvider provider, SessionMaker maker) {
        OrtEnvironment environment = DeepStack.call(OrtEnvironment::getEnvironment);
        try (SessionOptions settings = new SessionOptions()) {
            environment.setTelemetry(false);
            settings.setIntraOpNumThreads(1);
            settings.setInterOpNumThreads(1);
            settings.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            provider.addTo(settings);
            return maker.make(environment, settings);
        } catch (OrtException e) {
            throw OrtFailure.of("make a session of model '%s'".formatted(network.name()), e);
        }
    }

    private static boolean isFloats(NodeInfo node, int dimensions) {
        return node.getInfo() instanceof TensorInfo tensor && tensor.type == OnnxJavaType.FLOAT
                && tensor.getShape().length == dimensions;
    }

    /** A vector for each text if there is one by that name, else the rows of tokens. */
    private NodeInfo chooseOutput(Map<String, NodeInfo> outputs) {
        NodeInfo sentence = outputs.get("sentence_embedding");
        if (sentence != null && isFloats(sentence, 2)) {
            return sentence;
        }
        NodeInfo rows = outputs.get("last_hidden_state");
        if (rows != null && isFloats(rows, 3)) {
            return rows;
        }
        return outputs.values().stream().filter(node -> isFloats(node, 3)).findFirst()
                .orElseThrow(() -> new BackendException(
                        "model '%s' has no output of [texts, tokens, width] floats, only %s".formatted(network.name(),
                                String.join(", ", outputs.keySet()))));
    }

    private void readInputs() throws OrtException {
        for (NodeInfo input : session.getInputInfo().values()) {
            boolean known = switch (input.getName()) {
                case "input_ids", "attention_mask", "token_type_ids", "position_ids", "inputs_embeds",
                        "attention_bias" ->
                    true;
                default -> false;
            };
            if (!known || !(input.getInfo() instanceof TensorInfo tensor)) {
                throw new BackendException("model '%s' wants an input '%s', which no encoder of a known kind has"
                        .formatted(network.name(), input.getName()));
            }
            inputs.put(input.getName(), tensor.type);
        }
    }

    private int measureWidth() throws OrtException {
        try (Run run = new Run(List.of(new int[]{0}));
                OrtSession.Result result = session.run(run.tensors)) {
            long[] shape = ((OnnxTensor) result.get(output).orElseThrow()).getInfo().getShape();
            return (int) shape[shape.length - 1];
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
        try (Run run = new Run(texts); OrtSession.Result result = session.run(run.tensors)) {
            OnnxTensor tensor = (OnnxTensor) result.get(output).orElseThrow();
            float[] rows = new float[(int) tensor.getInfo().getNumElements()];
            tensor.getFloatBuffer().get(rows);
            float[][] vectors = new float[texts.size()][width];
            for (int i = 0; i < vectors.length; i++) {
                if (pooled) {
                    System.arraycopy(rows, i * width, vectors[i], 0, width);
                } else {
                    network.pooling().pool(rows, i * run.longest, texts.get(i).length, vectors[i]);
                }
            }
            return vectors;
        } catch (OrtException e) {
            throw OrtFailure.of("run model '%s'".formatted(network.name()), e);
        }
    }

    /** The tensors of a run. */
    private final class Run implements AutoCloseable {
        final Map<String, OnnxTensor> tensors = new HashMap<>();
        final int longest;
        private final List<int[]> texts;

        Run(List<int[]> texts) throws OrtException {
            this.texts = texts;
            this.longest = texts.stream().mapToInt(text -> text.length).max().orElse(0);
            try {
                for (Map.Entry<String, OnnxJavaType> input : inputs.entrySet()) {
                    tensors.put(input.getKey(), tensor(input.getKey(), input.getValue()));
                }
            } catch (OrtException | RuntimeException e) {
                close();
                throw e;
            }
        }

        private OnnxTensor tensor(String input, OnnxJavaType type) throws OrtException {
            int count = texts.size();
            return switch (input) {
                case "input_ids" -> integers(type, (text, at) -> at < text.length ? text[at] : 0, count, longest);
                case "attention_mask" -> integers(type, (text, at) -> at < text.length ? 1 : 0, count, longest);
                case "token_type_ids" -> integers(type, (_, _) -> 0, count, longest);
                // Ours are the same for all texts; models of others want them for each.
                case "position_ids" -> inputs.containsKey("attention_bias")
                        ? integers(type, (_, at) -> at, longest)
                        : integers(type, (_, at) -> at, count, longest);
                case "attention_bias" -> floats(bias(), count, 1, 1, longest);
                default -> floats(embeddings(), count, longest, width);
            };
        }

        private OnnxTensor integers(OnnxJavaType type, Cell cell, long... dims) throws OrtException {
            int rows = dims.length == 1 ? 1 : texts.size();
            LongBuffer values = ByteBuffer.allocateDirect(rows * longest * Long.BYTES).order(ByteOrder.nativeOrder())
                    .asLongBuffer();
            for (int row = 0; row < rows; row++) {
                for (int at = 0; at < longest; at++) {
                    values.put(cell.of(texts.get(row), at));
                }
            }
            values.flip();
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            if (type != OnnxJavaType.INT32) {
                return OnnxTensor.createTensor(environment, values, dims);
            }
            IntBuffer narrow = ByteBuffer.allocateDirect(values.remaining() * Integer.BYTES)
                    .order(ByteOrder.nativeOrder()).asIntBuffer();
            while (values.hasRemaining()) {
                narrow.put((int) values.get());
            }
            return OnnxTensor.createTensor(environment, narrow.flip(), dims);
        }

        private OnnxTensor floats(FloatBuffer values, long... dims) throws OrtException {
            return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), values.flip(), dims);
        }

        private static FloatBuffer allocate(int count) {
            return ByteBuffer.allocateDirect(Math.multiplyExact(count, Float.BYTES)).order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
        }

        private FloatBuffer bias() {
            FloatBuffer values = allocate(texts.size() * longest);
            for (int[] text : texts) {
                for (int at = 0; at < longest; at++) {
                    values.put(at < text.length ? 0 : UNSEEN);
                }
            }
            return values;
        }

        private FloatBuffer embeddings() {
            FloatBuffer values = allocate(Math.multiplyExact(texts.size() * longest, width));
            float[] row = new float[width];
            for (int[] text : texts) {
                for (int at = 0; at < longest; at++) {
                    network.embeddings().copy(at < text.length ? text[at] : 0, row);
                    values.put(row);
                }
            }
            return values;
        }

        @Override
        public void close() {
            tensors.values().forEach(OnnxValue::close);
        }
    }

    @FunctionalInterface
    private interface Cell {
        long of(int[] text, int at);
    }

    private static void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            throw OrtFailure.of("close a session", e);
        }
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
        close(session);
        closeWeights();
    }
}
