package io.github.jnpu.engine.store;

import io.github.jnpu.convert.model.ModelFormatException;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The models that are installed on this machine: those in Ollama's store, and the demo model. Reads; {@link #writer()} changes.
 * What others change on disk shows at the next call. Thread-safe.
 *
 * <p>Layout: {@code manifests/HOST/NAMESPACE/MODEL/TAG} is a manifest, {@code blobs/sha256-DIGEST} a layer.
 */
public final class ModelStore {
    private static final Logger LOGGER = System.getLogger(ModelStore.class.getName());
    private static final int MAX_MODELS = 10_000;

    private final Path root;
    private final boolean withDemo;

    /**
     * A store in a folder, with the demo model.
     *
     * @param root
     *            the folder that contains {@code manifests} and {@code blobs}; need not exist
     */
    public ModelStore(Path root) {
        this(root, true);
    }

    /**
     * A store in a folder.
     *
     * @param withDemo
     *            whether the model that ships in the jar counts as installed
     */
    public ModelStore(Path root, boolean withDemo) {
        this.root = root;
        this.withDemo = withDemo;
    }

    /** The store of this user: {@code OLLAMA_MODELS}, or {@code .ollama/models} in the home folder. */
    public static ModelStore ofUser() {
        return new ModelStore(folder(System.getenv()));
    }

    /** Where the store is according to environment variables. */
    public static Path folder(Map<String, String> environment) {
        String configured = environment.getOrDefault("OLLAMA_MODELS", "").strip();
        if (configured.length() > 1 && (configured.startsWith("\"") && configured.endsWith("\"")
                || configured.startsWith("'") && configured.endsWith("'"))) {
            configured = configured.substring(1, configured.length() - 1);
        }
        return configured.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".ollama", "models")
                : Path.of(configured);
    }

    /** The folder in which laid-out weights may be kept; Ollama leaves it alone. Need not exist. */
    public Path weightCache() {
        return root.resolve("packed");
    }

    public Path root() {
        return root;
    }

    /** All installed models, the newest first. A manifest that cannot be used is left out, with a warning in the log. */
    public List<StoredModel> list() {
        List<StoredModel> models = new ArrayList<>();
        for (ModelName name : names()) {
            try {
                read(name).ifPresent(models::add);
            } catch (ModelFormatException e) {
                LOGGER.log(Level.WARNING, "model ''{0}'' is left out: {1}", name, e.getMessage());
            }
        }
        if (withDemo && models.stream().noneMatch(model -> model.name().equalsIgnoringCase(DemoModel.NAME))) {
            DemoModel.instance().ifPresent(models::add);
        }
        models.sort(Comparator.comparing(StoredModel::modifiedAt).reversed()
                .thenComparing(model -> model.name().shortName()));
        return models;
    }

    /**
     * The installed model of this name, in any case.
     *
     * @throws ModelFormatException
     *             if its manifest is malformed
     */
    public Optional<StoredModel> find(ModelName name) {
        Optional<StoredModel> exact = read(name);
        if (exact.isPresent()) {
            return exact;
        }
        Optional<StoredModel> stored = names().stream().filter(name::equalsIgnoringCase).findFirst()
                .flatMap(this::read);
        if (stored.isPresent() || !withDemo || !name.equalsIgnoringCase(DemoModel.NAME)) {
            return stored;
        }
        return DemoModel.instance().map(StoredModel.class::cast);
    }

    /** The blobs of the models. */
    public BlobStore blobs() {
        return new BlobStore(root);
    }

    /** What changes the store. */
    public StoreWriter writer() {
        return new StoreWriter(this);
    }

    Path manifests() {
        return root.resolve("manifests");
    }

    Path manifestFile(ModelName name) {
        return manifests().resolve(name.host()).resolve(name.namespace()).resolve(name.model()).resolve(name.tag());
    }

    private Optional<StoredModel> read(ModelName name) {
        Path file = manifestFile(name);
        try {
            byte[] json = BoundedFile.read(file, Manifest.MAX_BYTES);
            return Optional
                    .of(new ManifestModel(name, Digest.of(json).hex(), Files.getLastModifiedTime(file).toInstant(),
                            Manifest.parse(json, file.toString()), root.resolve("blobs")));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            // A file where a folder should be, on the way to a name that does not exist.
            if (!Files.exists(file)) {
                return Optional.empty();
            }
            throw new ModelFormatException("%s: the manifest cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** All names that have a manifest; files that are no names, such as {@code .DS_Store}, are passed over. */
    private List<ModelName> names() {
        List<ModelName> names = new ArrayList<>();
        for (Path host : entries(manifests())) {
            for (Path namespace : entries(host)) {
                for (Path model : entries(namespace)) {
                    for (Path tag : entries(model)) {
                        if (names.size() == MAX_MODELS) {
                            LOGGER.log(Level.WARNING, "{0} has more than {1} models; the rest is left out", root,
                                    MAX_MODELS);
                            return names;
                        }
                        ModelName.of(fileName(host), fileName(namespace), fileName(model), fileName(tag))
                                .ifPresent(names::add);
                    }
                }
            }
        }
        return names;
    }

    private static String fileName(Path path) {
        return path.getFileName().toString();
    }

    static List<Path> entries(Path folder) {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            for (Path entry : stream) {
                if (entries.size() == MAX_MODELS) {
                    break;
                }
                entries.add(entry);
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException | DirectoryIteratorException e) {
            LOGGER.log(Level.WARNING, "{0} cannot be listed: {1}", folder, e.getMessage());
        }
        entries.sort(Comparator.naturalOrder());
        return entries;
    }
}
