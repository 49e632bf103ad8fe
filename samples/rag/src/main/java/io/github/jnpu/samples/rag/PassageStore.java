package io.github.jnpu.samples.rag;

import dev.langchain4j.data.document.Document;
import dev.langchain4j.data.document.loader.FileSystemDocumentLoader;
import dev.langchain4j.data.document.parser.TextDocumentParser;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.store.embedding.EmbeddingStore;
import dev.langchain4j.store.embedding.inmemory.InMemoryEmbeddingStore;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

import static dev.langchain4j.store.embedding.filter.MetadataFilterBuilder.metadataKey;

/**
 * The passages of a folder's documents with their embeddings, kept on disk. {@code passages.json} is LangChain4j's own
 * {@link InMemoryEmbeddingStore}, written down; {@code documents.properties} has the SHA-256 of each document in it, so that only what
 * changed is embedded again. For one thread.
 */
final class PassageStore {
    static final String FILE = "file";

    private static final String PASSAGES = "passages.json";
    private static final String DOCUMENTS = "documents.properties";
    private static final String FOLDER = "folder";
    private static final String EMBEDDED_BY = "embedded.by";
    private static final String DOCUMENT = "document.";
    private static final long MAX_FILE_BYTES = 8 << 20;
    /** Texts that are embedded at once. */
    private static final int BATCH = 64;

    /**
     * What an ingestion did, in documents.
     *
     * @param skipped
     *            documents that cannot be used, with the reason
     */
    record Changes(int added, int changed, int removed, int unchanged, List<String> skipped) {}

    private final Path directory;
    private final EmbeddingModel model;
    private final String embeddedBy;
    private final Properties documents = new Properties();
    private final InMemoryEmbeddingStore<TextSegment> passages;

    /**
     * Opens a store, or begins one.
     *
     * @param embeddedBy
     *            name of the model; passages of another one are dropped, because their vectors mean something else
     * @throws IOException
     *             in one line, if it is there and cannot be read
     */
    PassageStore(Path directory, EmbeddingModel model, String embeddedBy) throws IOException {
        this.directory = directory;
        this.model = model;
        this.embeddedBy = "%s, passages of %d characters".formatted(embeddedBy, PassageSplitter.MAX_CHARACTERS);
        this.passages = read();
        documents.setProperty(EMBEDDED_BY, this.embeddedBy);
    }

    private InMemoryEmbeddingStore<TextSegment> read() throws IOException {
        Path properties = directory.resolve(DOCUMENTS);
        if (!Files.exists(properties)) {
            return new InMemoryEmbeddingStore<>();
        }
        try (Reader reader = Files.newBufferedReader(properties)) {
            documents.load(reader);
            if (embeddedBy.equals(documents.getProperty(EMBEDDED_BY))) {
                return InMemoryEmbeddingStore.fromFile(directory.resolve(PASSAGES));
            }
        } catch (IOException | RuntimeException e) {
            throw new IOException("the store in %s cannot be read; delete it and ingest again".formatted(directory), e);
        }
        // The folder is still known; what was in it is embedded anew.
        documents.keySet().removeIf(key -> key.toString().startsWith(DOCUMENT));
        return new InMemoryEmbeddingStore<>();
    }

    /** The folder whose documents are in it; empty for a new one. */
    Optional<Path> folder() {
        return Optional.ofNullable(documents.getProperty(FOLDER)).map(Path::of);
    }

    EmbeddingStore<TextSegment> passages() {
        return passages;
    }

    int size() {
        return passages.size();
    }

    /**
     * Takes a folder's text and Markdown files into the store, sub-folders too. Files that are as they were are passed over; what is no
     * longer there is removed, and so is every document of another folder.
     *
     * @param progress
     *            hears from time to time how far it is
     */
    Changes ingest(Path folder, Consumer<String> progress) throws IOException {
        List<String> skipped = new ArrayList<>();
        Map<String, String> found = hashes(folder, skipped);
        Map<String, String> known = new TreeMap<>();
        boolean sameFolder = folder().map(folder.toAbsolutePath().normalize()::equals).orElse(false);
        documents.stringPropertyNames().stream().filter(key -> key.startsWith(DOCUMENT))
                .forEach(key -> known.put(key.substring(DOCUMENT.length()), documents.getProperty(key)));
        List<String> gone = known.keySet().stream().filter(file -> !sameFolder || !found.containsKey(file)).toList();
        List<String> changed = known.keySet().stream().filter(file -> !gone.contains(file) && !known.get(file).equals(
                found.get(file))).toList();
        List<String> added = found.keySet().stream().filter(file -> !sameFolder || !known.containsKey(file)).toList();
        // What is added may be there, too: after a crash between the writing of the two files.
        List<String> outdated = Stream.of(gone, changed, added).flatMap(List::stream).distinct().toList();
        if (!outdated.isEmpty() || !sameFolder) {
            if (!outdated.isEmpty()) {
                passages.removeAll(metadataKey(FILE).isIn(outdated));
            }
            embed(folder, Stream.of(changed, added).flatMap(List::stream).toList(), progress);
            documents.keySet().removeIf(key -> key.toString().startsWith(DOCUMENT));
            found.forEach((file, hash) -> documents.setProperty(DOCUMENT + file, hash));
            documents.setProperty(FOLDER, folder.toAbsolutePath().normalize().toString());
            write();
        }
        return new Changes(added.size(), changed.size(), gone.size(), found.size() - added.size() - changed.size(),
                skipped);
    }

    private static Map<String, String> hashes(Path folder, List<String> skipped) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException("%s is no folder".formatted(folder));
        }
        Map<String, String> hashes = new TreeMap<>();
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder)) {
            files = walk.filter(Files::isRegularFile).filter(PassageStore::isText).toList();
        }
        for (Path file : files) {
            String name = folder.relativize(file).toString().replace('\\', '/');
            if (Files.size(file) > MAX_FILE_BYTES) {
                skipped.add("%s has more than %d MiB".formatted(name, MAX_FILE_BYTES >> 20));
                continue;
            }
            byte[] content = Files.readAllBytes(file);
            if (new String(content, StandardCharsets.UTF_8).isBlank()) {
                skipped.add("%s is empty".formatted(name));
            } else {
                hashes.put(name, sha256(content));
            }
        }
        return hashes;
    }

    private static boolean isText(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".md") || name.endsWith(".txt");
    }

    private void embed(Path folder, List<String> files, Consumer<String> progress) {
        PassageSplitter splitter = new PassageSplitter();
        List<TextSegment> waiting = new ArrayList<>();
        int done = 0;
        for (String file : files) {
            Document document = FileSystemDocumentLoader.loadDocument(folder.resolve(file), new TextDocumentParser());
            document.metadata().put(FILE, file);
            waiting.addAll(splitter.split(document));
            done++;
            while (waiting.size() >= BATCH || done == files.size() && !waiting.isEmpty()) {
                List<TextSegment> batch = waiting.subList(0, Math.min(BATCH, waiting.size()));
                embed(batch);
                batch.clear();
                progress.accept("read %d of %d documents".formatted(done, files.size()));
            }
        }
    }

    /** The headings are part of what is embedded, and not of what the model reads. */
    private void embed(List<TextSegment> batch) {
        List<Embedding> vectors = model.embedAll(batch.stream().map(passage -> TextSegment.from(passage.metadata()
                .getString(PassageSplitter.HEADING) + "\n" + passage.text())).toList()).content();
        passages.addAll(vectors, List.copyOf(batch));
    }

    /** A crash leaves the old files or the new ones, and passages newer than the list of documents do no harm. */
    private void write() throws IOException {
        Files.createDirectories(directory);
        Path newPassages = directory.resolve(PASSAGES + ".new");
        passages.serializeToFile(newPassages);
        Files.move(newPassages, directory.resolve(PASSAGES), StandardCopyOption.REPLACE_EXISTING,
                StandardCopyOption.ATOMIC_MOVE);
        Path newDocuments = directory.resolve(DOCUMENTS + ".new");
        try (Writer writer = Files.newBufferedWriter(newDocuments)) {
            documents.store(writer, "What is in " + PASSAGES);
        }
        Files.move(newDocuments, directory.resolve(DOCUMENTS), StandardCopyOption.REPLACE_EXISTING,
                StandardCopyOption.ATOMIC_MOVE);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
