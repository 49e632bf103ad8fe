package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.onnx.OnnxFolder;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.convert.onnx.OnnxOptions.FixedShape;
import io.github.jnpu.convert.onnx.OnnxWriter;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeException;
import io.github.jnpu.engine.backend.onnxruntime.capi.Session;
import io.github.jnpu.engine.backend.onnxruntime.capi.SessionOptions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A decoder in the dialect of standard operators: one session for any number of tokens, or, where sizes are fixed, one for prefill and
 * one for decode over the same constants. They reach the library by a temporary folder, which is removed when the sessions are made:
 * providers for devices read constants from files, whatever else they are offered.
 */
final class StandardDecoder implements Decoder {
    private static final Logger LOGGER = System.getLogger(StandardDecoder.class.getName());
    private static final String PREFILL = "prefill.onnx";
    private static final String DECODE = "decode.onnx";

    private final DecoderGraph graph;
    private final DecoderOptions options;
    private final OnnxOptions onnxOptions;
    private final ProviderChoice provider;
    private final int positions;
    private final int maxBatch;
    /** Null when it has been removed. */
    private Path temporary;
    private StandardGraph prefill;
    private StandardGraph decode;

    StandardDecoder(DecoderGraph graph, OnnxOptions onnxOptions, DecoderOptions options, ProviderChoice provider) {
        this.graph = graph;
        this.options = options;
        this.onnxOptions = onnxOptions;
        this.provider = provider;
        OnnxModel model = OnnxWriter.write(graph, onnxOptions);
        this.positions = model.positions();
        this.maxBatch = onnxOptions.shape().map(FixedShape::tokens).orElse(options.maxBatch());
        if (options.cacheType() != KvCacheType.F32) {
            LOGGER.log(Level.INFO, "model ''{0}'': keys and values are f32 on ONNX Runtime, not {1}",
                    graph.config().name(), options.cacheType().label());
        }
        if (!model.widened().isEmpty()) {
            LOGGER.log(Level.INFO, "model ''{0}'': {1} weights are widened to f32 for ONNX Runtime",
                    graph.config().name(), model.widened().size());
        }
        Map<String, OnnxModel> graphs = new LinkedHashMap<>();
        graphs.put(PREFILL, model);
        onnxOptions.shape().filter(shape -> shape.tokens() > 1).ifPresent(shape -> graphs.put(DECODE,
                OnnxWriter.write(graph, onnxOptions.withShape(1, shape.capacity()))));
        try {
            temporary = Files.createTempDirectory("jnpu-onnx");
            Path folder = temporary.resolve("graphs");
            OnnxFolder.write(folder, graphs);
            prefill = open(folder, PREFILL, model);
            decode = graphs.containsKey(DECODE) ? open(folder, DECODE, graphs.get(DECODE)) : prefill;
            deleteTemporary(Level.DEBUG);
        } catch (IOException e) {
            close();
            throw new BackendException("ONNX Runtime's weights cannot be written to a temporary folder: "
                    + e.getMessage(), new UncheckedIOException(e));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Windows keeps files as long as they are mapped: then it is done once more when the sessions are closed. */
    private void deleteTemporary(Level level) {
        if (temporary == null) {
            return;
        }
        try {
            Path folder = temporary.resolve("graphs");
            if (Files.exists(folder)) {
                OnnxFolder.delete(folder);
            }
            Files.deleteIfExists(temporary);
            temporary = null;
        } catch (IOException e) {
            LOGGER.log(level, "folder ''{0}'' cannot be removed: {1}", temporary, e.getMessage());
        }
    }

    private StandardGraph open(Path folder, String name, OnnxModel model) {
        try (SessionOptions settings = new SessionOptions()) {
            // Constants lie beside the graphs.
            settings.entry("session.model_external_initializers_file_folder_path", folder.toString());
            settings.threads(options.threads(), 1);
            settings.entry("session.force_spinning_stop", "1");
            // The CPU provider makes a MatMulNBits of weights behind DequantizeLinear.
            settings.entry("session.qdq_matmulnbits_accuracy_level", Integer.toString(onnxOptions.accuracy().level()));
            provider.addTo(settings);
            return new StandardGraph(new Session(model.proto(), settings), graph, model,
                    name.equals(DECODE)
                            ? onnxOptions.shape().map(shape -> new FixedShape(1, shape.capacity()))
                            : onnxOptions.shape());
        } catch (OnnxRuntimeException e) {
            throw e.whileDoing("make a session of model '%s'".formatted(graph.config().name()));
        }
    }

    @Override
    public DecoderSequence newSequence(int capacity) {
        if (capacity > positions) {
            throw new BackendException(
                    "model '%s' holds %d tokens on ONNX Runtime, not %d; use a shorter context (num_ctx)"
                            .formatted(graph.config().name(), positions, capacity));
        }
        boolean fixed = onnxOptions.shape().isPresent();
        return new StandardSequence(graph, prefill, decode, maxBatch, capacity,
                new HostCache(graph, fixed ? positions : capacity, fixed));
    }

    @Override
    public int threads() {
        return options.threads();
    }

    @Override
    public long cacheBytesPerToken() {
        return KvCacheType.F32.bytesPerToken(graph.config());
    }

    @Override
    public long bufferBytes() {
        return prefill.byteSize() + (decode == prefill ? 0 : decode.byteSize());
    }

    @Override
    public void close() {
        if (decode != null && decode != prefill) {
            decode.close();
        }
        if (prefill != null) {
            prefill.close();
        }
        deleteTemporary(Level.WARNING);
    }
}
