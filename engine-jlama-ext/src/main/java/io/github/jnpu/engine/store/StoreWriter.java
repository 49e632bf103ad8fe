package io.github.jnpu.engine.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.store.Manifest.Layer;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Installs, copies and deletes models. A manifest appears whole or not at all, and only when all of its blobs are there; blobs go only
 * when no manifest lists them. So a store is whole whenever a process dies. Thread-safe; processes of jnpu wait for each other.
 */
public final class StoreWriter {
    private static final Logger LOGGER = System.getLogger(StoreWriter.class.getName());
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern DIGEST = Pattern.compile("sha256[:-]([0-9a-f]{64})");
    private static final String DRAFT_PREFIX = ".jnpu-tmp-";
    /** What nobody refers to is spared for so long: somebody may be about to. Ollama's own time. */
    private static final Duration UNUSED = Duration.ofHours(1);
    /** A download that was broken off can be taken up for so long. */
    private static final Duration ABANDONED = Duration.ofDays(7);

    private final ModelStore store;
    private final BlobStore blobs;

    StoreWriter(ModelStore store) {
        this.store = store;
        this.blobs = store.blobs();
    }

    /**
     * Gives a name to a manifest, in place of the one that it had. Blobs that only the old one listed are deleted, unless OLLAMA_NOPRUNE
     * says otherwise.
     *
     * @param json
     *            stored as it is: its SHA-256 identifies the model
     * @return whether there were such blobs
     * @throws MissingBlobException
     *             if the store lacks one of its blobs
     * @throws ModelFormatException
     *             if it is malformed
     */
    public boolean install(ModelName name, byte[] json) throws IOException {
        Manifest manifest = Manifest.parse(json, name.toString());
        try (StoreLock _ = StoreLock.ofChanges(store.root())) {
            for (Layer layer : manifest.blobs()) {
                if (blobs.size(layer.digest()).orElse(-1L) != layer.size()) {
                    throw new MissingBlobException(name, layer.digest());
                }
            }
            Path file = file(name);
            Set<Digest> old = digests(file);
            write(file, json);
            return prune(old);
        }
    }

    /** The manifest's file under the spelling that is there already, part by part; file systems may or may not tell cases apart. */
    private Path file(ModelName name) {
        Path folder = store.manifests();
        for (String part : List.of(name.host(), name.namespace(), name.model(), name.tag())) {
            List<Path> entries = ModelStore.entries(folder);
            Path exact = folder.resolve(part);
            folder = entries.contains(exact)
                    ? exact
                    : entries.stream().filter(entry -> entry.getFileName().toString().equalsIgnoreCase(part))
                            .findFirst().orElse(exact);
        }
        return folder;
    }

    private static void write(Path file, byte[] json) throws IOException {
        Files.createDirectories(file.getParent());
        Path draft = file.resolveSibling(DRAFT_PREFIX + UUID.randomUUID());
        try {
            try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE)) {
                ByteBuffer buffer = ByteBuffer.wrap(json);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            BlobStore.forceFolder(file.getParent());
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /**
     * Gives a model a second name; the blobs are shared.
     *
     * @throws ModelNotFoundException
     *             if there is no model of this name
     */
    public void copy(ModelName source, ModelName destination) throws IOException {
        if (source.equalsIgnoringCase(destination)) {
            return;
        }
        install(destination, manifest(source).orElseThrow(() -> new ModelNotFoundException(
                "model \"%s\" not found".formatted(source))));
    }

    /**
     * The manifest of an installed model, as its file has it. One that is part of the program is brought into the store for it.
     */
    public Optional<byte[]> manifest(ModelName name) throws IOException {
        Optional<StoredModel> model = store.find(name);
        if (model.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(switch (model.get()) {
            case DemoModel demo -> materialise(demo);
            case StoredModel stored -> BoundedFile.read(store.manifestFile(stored.name()), Manifest.MAX_BYTES);
        });
    }

    private byte[] materialise(DemoModel demo) throws IOException {
        byte[] weights = DemoModel.read();
        byte[] params = json(new TreeMap<>(demo.parameters()));
        byte[] config = json(new TreeMap<>(Map.of("model_format", "gguf", "architecture", "amd64", "os",
                "linux")));
        return new Manifest(Optional.of(Layer.ofConfig(blobs.put(config), config.length)),
                List.of(Layer.of("model", blobs.put(weights), weights.length),
                        Layer.of("params", blobs.put(params), params.length)))
                .toJson();
    }

    private static byte[] json(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of texts and numbers can be written", e);
        }
    }

    /**
     * Deletes a model, and its blobs unless others share them.
     *
     * @throws ModelNotFoundException
     *             if there is no model of this name
     * @throws EngineException
     *             if it is part of the program
     */
    public void delete(ModelName name) throws IOException {
        try (StoreLock _ = StoreLock.ofChanges(store.root())) {
            Path file = file(name);
            if (!Files.isRegularFile(file)) {
                if (store.find(name).isPresent()) {
                    throw new EngineException("model '%s' is part of jnpu and cannot be deleted".formatted(name));
                }
                throw new ModelNotFoundException("model '%s' not found".formatted(name));
            }
            Set<Digest> old = digests(file);
            Files.delete(file);
            for (Path folder = file.getParent(); !folder.equals(store.manifests()); folder = folder.getParent()) {
                try {
                    Files.deleteIfExists(folder);
                } catch (DirectoryNotEmptyException e) {
                    break;
                }
            }
            prune(old);
        }
    }

    /** The digests that a manifest mentions, even a malformed one: what it means to refer to must not go. */
    private static Set<Digest> digests(Path manifest) throws IOException {
        Set<Digest> digests = new HashSet<>();
        try {
            String text = new String(BoundedFile.read(manifest, Manifest.MAX_BYTES),
                    StandardCharsets.UTF_8);
            for (Matcher matcher = DIGEST.matcher(text); matcher.find();) {
                digests.add(new Digest(matcher.group(1)));
            }
        } catch (NoSuchFileException e) {
            return digests;
        }
        return digests;
    }

    /** All blobs that some manifest mentions. Fails if one cannot be read: nothing may be deleted then. */
    private Set<Digest> referenced() throws IOException {
        Set<Digest> referenced = new HashSet<>();
        if (Files.isDirectory(store.manifests())) {
            try (Stream<Path> files = Files.walk(store.manifests(), 4)) {
                for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                    referenced.addAll(digests(file));
                }
            }
        }
        return referenced;
    }

    private static boolean keepsUnused() {
        String value = System.getenv("OLLAMA_NOPRUNE");
        return value != null && !value.isBlank() && !value.strip().equals("0") && !value.strip().equals("false");
    }

    /** Deletes those of some blobs that no manifest lists, such as the input of a conversion. */
    public void deleteUnused(Collection<Digest> candidates) throws IOException {
        try (StoreLock _ = StoreLock.ofChanges(store.root())) {
            prune(Set.copyOf(candidates));
        }
    }

    private boolean prune(Set<Digest> candidates) throws IOException {
        if (candidates.isEmpty() || keepsUnused()) {
            return false;
        }
        Set<Digest> unused = new HashSet<>(candidates);
        unused.removeAll(referenced());
        for (Digest digest : unused) {
            remove(blobs.path(digest));
        }
        return !unused.isEmpty();
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // Windows keeps files that are mapped; a later sweep takes them.
            LOGGER.log(Level.WARNING, "{0} cannot be deleted now: {1}", file, e.toString());
        }
    }

    /**
     * Deletes what broken-off work has left: blobs that no manifest lists and files without a proper name after an hour, downloads after
     * a week. Does nothing if OLLAMA_NOPRUNE is set.
     */
    public void sweep() throws IOException {
        if (keepsUnused() || !Files.isDirectory(store.root())) {
            return;
        }
        Instant now = Instant.now();
        try (StoreLock _ = StoreLock.ofChanges(store.root())) {
            Set<Digest> referenced = referenced();
            // One level down lie folders that a conversion was reading.
            for (Path file : files(blobs.folder(), 2)) {
                String name = file.getFileName().toString();
                boolean used = Digest.parse(name).map(referenced::contains).orElse(false);
                Duration limit = PartialBlob.isPartial(name) ? ABANDONED : UNUSED;
                if (!used && olderThan(file, now.minus(limit))) {
                    remove(file);
                    removeIfEmpty(file.getParent());
                }
            }
            for (Path file : files(store.manifests(), 4)) {
                if (file.getFileName().toString().startsWith(DRAFT_PREFIX) && olderThan(file, now.minus(UNUSED))) {
                    remove(file);
                }
            }
        }
    }

    private void removeIfEmpty(Path folder) throws IOException {
        if (folder.getFileName().toString().startsWith(BlobStore.TEMPORARY_PREFIX)) {
            try {
                Files.delete(folder);
            } catch (DirectoryNotEmptyException e) {
                LOGGER.log(Level.DEBUG, "{0} is still in use", folder);
            }
        }
    }

    private static boolean olderThan(Path file, Instant moment) throws IOException {
        try {
            return Files.getLastModifiedTime(file).toInstant().isBefore(moment);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static List<Path> files(Path folder, int depth) throws IOException {
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> walk = Files.walk(folder, depth)) {
                walk.filter(Files::isRegularFile).forEach(files::add);
            }
        }
        return files;
    }
}
