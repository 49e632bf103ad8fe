package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.graph.EncoderGraph;
import io.github.jnpu.convert.graph.Pooling;
import io.github.jnpu.convert.onnx.EncoderModel;
import io.github.jnpu.convert.onnx.Initializer;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.Encoder;
import io.github.jnpu.engine.backend.EncoderOptions;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;
import io.github.jnpu.engine.backend.onnxruntime.capi.Session;
import io.github.jnpu.engine.backend.onnxruntime.capi.SessionOptions;
import io.github.jnpu.engine.backend.onnxruntime.capi.Value;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Makes encoders from ONNX files and from graphs. Loaded only where the library is on the class path. */
final class OnnxEncoders {
    /** Rounds activations by the largest of the whole input, so a text's numbers depend on what shares its run. */
    private static final byte[] ROUNDS_BY_RUN = "DynamicQuantizeLinear".getBytes(StandardCharsets.US_ASCII);

    private static final String DATA_FOLDER = "session.model_external_initializers_file_folder_path";

    private OnnxEncoders() {}

    /** An encoder of a file's bytes. */
    static Encoder ofBytes(String name, byte[] model, Pooling pooling, ProviderChoice provider,
            EncoderOptions options) {
        return new OnnxEncoder(network(name, model, pooling, OptionalInt.empty(), options), provider, options.threads(),
                settings -> new Session(model, settings), () -> {});
    }

    /** An encoder of a file, which may name others for its weights. */
    static Encoder ofFile(Path file, Pooling pooling, ProviderChoice provider, EncoderOptions options) {
        return ofFile(file, pooling, OptionalInt.empty(), provider, options);
    }

    /** One number for each pair of texts, of which a separator ends the first. */
    static Encoder ofPairs(Path file, int separator, ProviderChoice provider, EncoderOptions options) {
        return ofFile(file, Pooling.CLS, OptionalInt.of(separator), provider, options);
    }

    private static Encoder ofFile(Path file, Pooling pooling, OptionalInt separator, ProviderChoice provider,
            EncoderOptions options) {
        byte[] model;
        try {
            model = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new BackendException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
        }
        return new OnnxEncoder(network(file.toString(), model, pooling, separator, options), provider,
                options.threads(),
                settings -> {
                    // Weights that are not in the file lie beside it.
                    settings.entry(DATA_FOLDER, String.valueOf(file.toAbsolutePath().getParent()));
                    return new Session(model, settings);
                }, () -> {});
    }

    private static OnnxEncoder.Network network(String name, byte[] model, Pooling pooling, OptionalInt separator,
            EncoderOptions options) {
        return new OnnxEncoder.Network(name, 0, options.contextLength(), pooling, null,
                !contains(model, ROUNDS_BY_RUN), separator);
    }

    private static boolean contains(byte[] bytes, byte[] wanted) {
        next : for (int i = 0; i <= bytes.length - wanted.length; i++) {
            for (int j = 0; j < wanted.length; j++) {
                if (bytes[i + j] != wanted[j]) {
                    continue next;
                }
            }
            return true;
        }
        return false;
    }

    /** An encoder of a printed graph. */
    static Encoder ofGraph(EncoderGraph graph, EncoderModel model, ProviderChoice provider,
            EncoderOptions options) {
        OnnxEncoder.TokenRows rows = model
                .outsideTable().<OnnxEncoder.TokenRows>map(
                        table -> (token, target) -> Dequantizer.dequantize(table.type(),
                                table.data(), token * table.rowBytes(), target, 0, target.length))
                .orElse(null);
        OnnxEncoder.Network network = new OnnxEncoder.Network(graph.config().name(), graph.config().vocabularySize(),
                options.maxTokens(graph.config()), graph.pooling(), rows, true, OptionalInt.empty());
        Weights weights = new Weights();
        return new OnnxEncoder(network, provider, options.threads(), settings -> {
            try {
                Path folder = Files.createTempDirectory("jnpu-onnx");
                Path file = folder.resolve(OnnxModel.DATA_FILE);
                try {
                    settings.entry(DATA_FOLDER, folder.toString());
                    weights.fill(model.initializers());
                    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.WRITE)) {
                        // As for decoders: the CPU provider insists on the file and does not read it, others read nothing else.
                        if (provider.isCpu()) {
                            weights.addTo(settings);
                        } else {
                            weights.writeTo(channel);
                        }
                    }
                    return new Session(model.proto(), settings);
                } finally {
                    Files.deleteIfExists(file);
                    Files.deleteIfExists(folder);
                }
            } catch (IOException e) {
                throw new BackendException("no temporary folder for ONNX Runtime: " + e.getMessage(), e);
            }
        }, weights);
    }

    /** The constants of a session, which reads them to its end. */
    private static final class Weights implements AutoCloseable {
        private final Arena arena = Arena.ofShared();
        private final List<Initializer> initializers = new ArrayList<>();
        private final List<MemorySegment> memories = new ArrayList<>();
        private final List<Value> tensors = new ArrayList<>();

        void fill(List<Initializer> constants) {
            for (Initializer initializer : constants) {
                MemorySegment memory = switch (initializer.content()) {
                    case Initializer.Stored(MemorySegment data) -> data;
                    case Initializer.Computed content -> {
                        MemorySegment target = MemoryAdvice.allocate(arena, initializer.byteSize());
                        content.fill(target);
                        yield target;
                    }
                };
                initializers.add(initializer);
                memories.add(memory);
            }
        }

        void addTo(SessionOptions settings) {
            for (int i = 0; i < memories.size(); i++) {
                Initializer initializer = initializers.get(i);
                Value tensor = Value.over(initializer.type(), memories.get(i), initializer.dims());
                tensors.add(tensor);
                settings.initializer(initializer.name(), tensor);
            }
        }

        void writeTo(FileChannel file) throws IOException {
            for (MemorySegment memory : memories) {
                ByteBuffer part = memory.asByteBuffer();
                while (part.hasRemaining()) {
                    file.write(part);
                }
            }
        }

        @Override
        public void close() {
            tensors.forEach(Value::close);
            arena.close();
        }
    }
}
