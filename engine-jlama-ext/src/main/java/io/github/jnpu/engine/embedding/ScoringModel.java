package io.github.jnpu.engine.embedding;

import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.placement.PlacedEncoder;
import io.github.jnpu.engine.placement.PlacementReport;
import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A cross-encoder: it reads a query and a document together and says how well they fit. Thread-safe.
 *
 * <pre>{@code
 * try (ScoringModel model = ScoringModel.load("ms-marco-MiniLM-L-6-v2", EmbeddingModelOptions.DEFAULT)) {
 *     float[] scores = model.score("what is an NPU?", documents, true).scores();
 * }
 * }</pre>
 */
public final class ScoringModel implements AutoCloseable {
    /** Around the two texts: one token in front, one behind each. */
    private static final int AROUND = 3;

    private final String name;
    private final Tokenizer tokenizer;
    private final int first;
    private final int separator;
    private final PlacedEncoder encoder;

    private ScoringModel(String name, Tokenizer tokenizer, PlacedEncoder encoder) {
        this.name = name;
        this.tokenizer = tokenizer;
        this.first = tokenizer.bos().orElseThrow();
        this.separator = tokenizer.eos().orElseThrow();
        this.encoder = encoder;
    }

    /**
     * Loads a folder with {@code model.onnx}, a sequence classifier with one class, and {@code tokenizer.json}, as Hugging Face has them.
     *
     * @throws ModelNotFoundException
     *             if there is no such folder, or a file is missing
     * @throws ModelFormatException
     *             if a file is malformed or of another kind
     * @throws io.github.jnpu.engine.backend.BackendException
     *             if no backend can run it, or it is no cross-encoder
     */
    public static ScoringModel load(String model, EmbeddingModelOptions options) {
        Path folder;
        try {
            folder = Path.of(model);
        } catch (InvalidPathException e) {
            throw new ModelNotFoundException("model '%s': no folder has such a name".formatted(model));
        }
        if (model.isEmpty() || !Files.isDirectory(folder)) {
            throw new ModelNotFoundException(
                    "model '%s': there is no such folder; a scoring model is a folder with model.onnx and tokenizer.json"
                            .formatted(model));
        }
        Path network = OnnxEncoderFolder.network(folder);
        Tokenizer tokenizer = OnnxEncoderFolder.tokenizer(folder);
        int context = OnnxEncoderFolder.context(folder, options);
        if (context <= AROUND) {
            throw new ModelFormatException("%s: %d tokens are too few for a pair of texts".formatted(folder, context));
        }
        String name = OnnxEncoderFolder.name(folder);
        return new ScoringModel(name, tokenizer, OnnxEncoderFolder.place(name, options,
                backend -> backend.compilePairs(network, tokenizer.eos().orElseThrow(), EmbeddingModel.encoderOptions(
                        options, context))));
    }

    public String name() {
        return name;
    }

    /** How many tokens of query and document are read at most, the three around them among them. */
    public int maxTokens() {
        return encoder.maxTokens();
    }

    /** Where it runs, for people. */
    public String device() {
        return encoder.device();
    }

    /** What runs it now, and why nothing else does. */
    public PlacementReport report() {
        return encoder.report();
    }

    /**
     * Scores documents. Pairs of about the same length go through the network together.
     *
     * @param truncate
     *            whether pairs that are too long lose the end of their longer text; else they are refused
     * @throws TextTooLongException
     *             if a pair is too long and must not be cut
     * @throws UnusableEmbeddingException
     *             if a score is no number
     * @throws io.github.jnpu.engine.backend.BackendException
     *             if the device fails
     */
    public Scores score(String query, List<String> documents, boolean truncate) {
        int[] asked = tokenizer.encode(query, false);
        List<int[]> pairs = documents.stream().map(document -> pair(asked, tokenizer.encode(document, false),
                truncate)).toList();
        int[] order = IntStream.range(0, pairs.size()).boxed().sorted(Comparator.comparingInt((Integer i) -> -pairs
                .get(i).length)).mapToInt(Integer::intValue).toArray();
        float[] scores = new float[pairs.size()];
        for (int from = 0; from < order.length;) {
            int longest = pairs.get(order[from]).length;
            int count = Math.clamp(encoder.batchTokens() / longest, 1, order.length - from);
            List<int[]> batch = new ArrayList<>(count);
            for (int i = from; i < from + count; i++) {
                batch.add(pairs.get(order[i]));
            }
            float[][] results = encoder.encode(batch);
            for (int i = 0; i < count; i++) {
                if (!Float.isFinite(results[i][0])) {
                    throw new UnusableEmbeddingException();
                }
                scores[order[from + i]] = results[i][0];
            }
            from += count;
        }
        return new Scores(scores, pairs.stream().mapToInt(pair -> pair.length).toArray());
    }

    /** {@code [CLS] query [SEP] document [SEP]}. What is too much is taken off the longer text, as Hugging Face does it. */
    private int[] pair(int[] query, int[] document, boolean truncate) {
        int room = encoder.maxTokens() - AROUND;
        int shorter = Math.min(query.length, document.length);
        int longer = Math.max(query.length, document.length);
        if (shorter + longer > room) {
            if (!truncate) {
                throw new TextTooLongException(shorter + longer + AROUND, encoder.maxTokens());
            }
            longer = shorter > room ? shorter : Math.max(shorter, room - shorter);
            if (shorter + longer > room) {
                shorter = room / 2;
                longer = room - shorter;
            }
        }
        int asked = query.length <= document.length ? shorter : longer;
        int read = shorter + longer - asked;
        int[] ids = new int[asked + read + AROUND];
        ids[0] = first;
        System.arraycopy(query, 0, ids, 1, asked);
        ids[asked + 1] = separator;
        System.arraycopy(document, 0, ids, asked + 2, read);
        ids[ids.length - 1] = separator;
        return ids;
    }

    /** Ends the model; nothing may be scoring. */
    @Override
    public void close() {
        encoder.close();
    }
}
