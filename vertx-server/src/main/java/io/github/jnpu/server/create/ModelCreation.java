package io.github.jnpu.server.create;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.huggingface.HuggingFaceFolder;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.ChatTemplateException;
import io.github.jnpu.engine.registry.ModelRegistry;
import io.github.jnpu.engine.registry.RegistryReference;
import io.github.jnpu.engine.store.BlobStore;
import io.github.jnpu.engine.store.Digest;
import io.github.jnpu.engine.store.Manifest;
import io.github.jnpu.engine.store.Manifest.Layer;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.TransferListener;
import io.github.jnpu.engine.store.TransferProgress;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;

/**
 * Makes a model: collects its layers, writes the new ones into the store and gives them a manifest. The store is whole whenever it
 * stops; blobs without a manifest are swept later. Used once, by one thread.
 */
public final class ModelCreation {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_SMALL_BYTES = 16 << 20;

    private final ModelStore store;
    private final BlobStore blobs;
    private final ModelRegistry registry;
    private final CreateRequest request;
    private final TransferListener listener;

    private final List<Layer> layers = new ArrayList<>();
    private final Set<Digest> made = new LinkedHashSet<>();
    private Map<String, Object> config = new LinkedHashMap<>();
    private Map<String, Object> parameters = new TreeMap<>();

    /**
     * @param registry
     *            where a missing base is pulled from
     */
    public ModelCreation(ModelStore store, ModelRegistry registry, CreateRequest request, TransferListener listener) {
        this.store = store;
        this.blobs = store.blobs();
        this.registry = registry;
        this.request = request;
        this.listener = listener;
    }

    /**
     * Does it all.
     *
     * @throws RefusedModelException
     *             if the request cannot be met as it stands
     * @throws IOException
     *             if the store cannot be written
     */
    public void run() throws IOException {
        if (request.from().isPresent()) {
            takeBase(request.from().get());
        } else if (!request.files().isEmpty()) {
            takeFiles(request.files());
        } else {
            throw new RefusedModelException("neither 'from' or 'files' was specified");
        }
        takeAdapters();
        // Before the dear step, so that a typing error does not cost minutes.
        request.template().ifPresent(ModelCreation::requireTemplate);
        ModelConfigurationEntries entries = ModelConfigurationEntries.of(request);
        quantize();
        takeTexts();
        describe(entries);
        byte[] json = toJson(config);
        Layer configuration = Layer.ofConfig(blob(json), json.length);
        for (Layer layer : layers) {
            listener.onStatus("%s layer %s".formatted(made.contains(layer.digest())
                    ? "creating new"
                    : "using existing", layer.digest()));
        }
        listener.onStatus("writing manifest");
        store.writer().install(request.name(), new Manifest(Optional.of(configuration), layers).toJson());
        listener.onStatus("success");
    }

    private static void requireTemplate(String source) {
        try {
            ChatTemplate.ofGoTemplate(source);
        } catch (ChatTemplateException e) {
            throw new RefusedModelException("template error: " + e.getMessage(), e);
        }
    }

    private void takeBase(String from) throws IOException {
        ModelName name = ModelName.parse(from).orElseThrow(() -> new RefusedModelException("invalid model name"));
        Optional<byte[]> json = store.writer().manifest(name);
        if (json.isEmpty()) {
            RegistryReference reference = RegistryReference.parse(from, false).orElseThrow();
            registry.pull(reference, store, new TransferListener() {
                @Override
                public void onProgress(TransferProgress progress) {
                    // Clients take the word for the end of it all.
                    if (!progress.status().equals("success")) {
                        listener.onProgress(progress);
                    }
                }

                @Override
                public boolean isCancelled() {
                    return listener.isCancelled();
                }
            });
            json = store.writer().manifest(name);
        }
        Manifest base = Manifest.parse(json.orElseThrow(() -> new ModelNotFoundException("model '%s' not found"
                .formatted(name))), name.toString());
        for (Layer layer : base.layers()) {
            if (layer.kind().equals("params")) {
                parameters.putAll(read(layer));
            } else {
                layers.add(layer.kind().equals("model")
                        ? new Layer(layer.kind(), layer.digest(), layer.size(), Optional.of(name.shortName()))
                        : layer);
            }
        }
        if (base.config().isPresent()) {
            config = read(base.config().get());
        }
    }

    private Map<String, Object> read(Layer layer) throws IOException {
        try {
            Map<String, Object> values = JSON.readValue(blobs.read(layer.digest(), MAX_SMALL_BYTES),
                    new TypeReference<LinkedHashMap<String, Object>>() {
                    });
            return values == null ? new LinkedHashMap<>() : values;
        } catch (JsonProcessingException e) {
            throw new ModelFormatException("the base's layer '%s' is malformed: %s".formatted(layer.kind(), e
                    .getOriginalMessage()), e);
        }
    }

    private void takeFiles(Map<String, Digest> files) throws IOException {
        if (files.keySet().stream().anyMatch(name -> name.toLowerCase(Locale.ROOT).endsWith(".safetensors"))) {
            layers.add(convertFolder(files));
            return;
        }
        listenToParsing(files);
        for (Map.Entry<String, Digest> file : files.entrySet()) {
            layers.add(gguf(file.getValue(), file.getKey()));
        }
        if (layers.stream().filter(layer -> layer.kind().equals("model")).count() > 1) {
            throw new RefusedModelException(
                    "a model in several GGUF files cannot be read yet; merge them with llama-gguf-split --merge");
        }
    }

    /** Lays the files out as the folder that they come from, and writes the model in it as one GGUF file. */
    private Layer convertFolder(Map<String, Digest> files) throws IOException {
        listener.onStatus("converting model");
        Path file = blobs.temporary();
        try (BlobFolder folder = BlobFolder.of(blobs)) {
            for (Map.Entry<String, Digest> entry : files.entrySet()) {
                folder.add(entry.getKey(), requireBlob(entry.getValue()));
                blobs.touch(entry.getValue());
            }
            try (ModelSource source = HuggingFaceFolder.open(folder.path())) {
                // Its name is that of a folder that is gone soon.
                GgufWriter.of(source, Set.of("general.name")).put("general.name", request.name().model()).write(file);
            } catch (ModelFormatException e) {
                throw new RefusedModelException(e.getMessage().replace(folder.path() + "/", "").replace(folder.path()
                        .toString(), "the model's folder"), e);
            }
            Digest digest = blobs.adopt(file, _ -> requireWanted());
            made.add(digest);
            return Layer.of("model", digest, blobs.size(digest).orElseThrow());
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private void requireWanted() {
        if (listener.isCancelled()) {
            throw new CancellationException("request canceled");
        }
    }

    private void listenToParsing(Map<String, Digest> files) throws IOException {
        for (Map.Entry<String, Digest> file : files.entrySet()) {
            if (!file.getKey().toLowerCase(Locale.ROOT).endsWith(".gguf") && !isGguf(file.getValue())) {
                throw new RefusedModelException("unknown type");
            }
        }
        listener.onStatus("parsing GGUF");
    }

    private boolean isGguf(Digest digest) throws IOException {
        try (InputStream in = Files.newInputStream(requireBlob(digest))) {
            return new String(in.readNBytes(4), StandardCharsets.ISO_8859_1).equals("GGUF");
        }
    }

    private Path requireBlob(Digest digest) {
        if (!blobs.contains(digest)) {
            throw new EngineException("blob %s was not uploaded; send it to /api/blobs first"
                    .formatted(digest));
        }
        return blobs.path(digest);
    }

    private Layer gguf(Digest digest, String name) throws IOException {
        Path file = requireBlob(digest);
        if (!isGguf(digest)) {
            throw new RefusedModelException("supplied file was not in GGUF format");
        }
        blobs.touch(digest);
        try (GgufFile source = GgufFile.open(file)) {
            String type = source.metadata().string("general.type").orElse("model");
            boolean projector = type.equals("mmproj") || type.equals("projector")
                    || source.metadata().string("general.architecture").orElse("").equals("clip");
            return Layer.of(projector ? "projector" : type.equals("adapter") ? "adapter" : "model", digest, source
                    .byteSize());
        } catch (ModelFormatException e) {
            // The file's path in the store says nothing to the user.
            throw new RefusedModelException("%s: %s".formatted(name, e.getMessage().replace(file + ": ", "")), e);
        }
    }

    private void takeAdapters() throws IOException {
        if (request.adapters().size() > 1) {
            throw new RefusedModelException("only one adapter is currently supported");
        }
        for (Map.Entry<String, Digest> adapter : request.adapters().entrySet()) {
            layers.removeIf(layer -> layer.kind().equals("adapter"));
            layers.add(new Layer("adapter", adapter.getValue(), gguf(adapter.getValue(), adapter.getKey()).size(),
                    Optional.empty()));
        }
    }

    private void quantize() throws IOException {
        if (request.quantize().isEmpty()) {
            return;
        }
        QuantizationTarget target = QuantizationTarget.of(request.quantize().get());
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            if (layer.kind().equals("model")) {
                try (ModelSource source = GgufFile.open(blobs.path(layer.digest()))) {
                    Digest digest = target.quantize(source, blobs, listener);
                    made.add(digest);
                    layers.set(i, new Layer("model", digest, blobs.size(digest).orElseThrow(), layer.from()));
                }
                listener.onStatus("verifying conversion");
                config.remove("file_type");
            }
        }
    }

    private void takeTexts() throws IOException {
        replace("template", request.template());
        replace("system", request.system());
        for (String license : request.licenses()) {
            byte[] text = license.getBytes(StandardCharsets.UTF_8);
            layers.add(Layer.of("license", blob(text), text.length));
        }
        parameters.putAll(request.parameters());
        if (!parameters.isEmpty()) {
            layers.add(json("params", parameters));
        }
        if (!request.messages().isEmpty()) {
            layers.removeIf(layer -> layer.kind().equals("messages"));
            List<Map<String, String>> messages = new ArrayList<>();
            for (ChatMessage message : request.messages()) {
                Map<String, String> entry = new LinkedHashMap<>();
                entry.put("role", message.role());
                entry.put("content", message.content());
                messages.add(entry);
            }
            layers.add(json("messages", messages));
        }
    }

    private void replace(String kind, Optional<String> text) throws IOException {
        if (text.isPresent()) {
            layers.removeIf(layer -> layer.kind().equals(kind) || kind.equals("template") && layer.kind().equals(
                    "prompt"));
            byte[] bytes = text.get().getBytes(StandardCharsets.UTF_8);
            layers.add(Layer.of(kind, blob(bytes), bytes.length));
        }
    }

    private Layer json(String kind, Object value) throws IOException {
        byte[] json = toJson(value);
        return Layer.of(kind, blob(json), json.length);
    }

    private static byte[] toJson(Object value) {
        try {
            // With a line break, as Go's encoder ends: the same content then has the same digest.
            return (JSON.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("plain values can be written", e);
        }
    }

    private Digest blob(byte[] bytes) throws IOException {
        Digest digest = Digest.of(bytes);
        if (!blobs.touch(digest)) {
            blobs.put(bytes);
            made.add(digest);
        }
        return digest;
    }

    private void describe(ModelConfigurationEntries entries) throws IOException {
        Optional<Layer> model = layers.stream().filter(layer -> layer.kind().equals("model")).findFirst();
        if (model.isPresent()) {
            try (ModelSource source = GgufFile.open(blobs.path(model.get().digest()))) {
                entries.readFrom(source, config);
            }
        }
        entries.complete(config, layers);
    }
}
