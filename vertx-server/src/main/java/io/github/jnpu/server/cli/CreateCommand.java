package io.github.jnpu.server.cli;

import io.github.jnpu.convert.huggingface.HuggingFaceFolder;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.registry.ModelRegistry;
import io.github.jnpu.engine.store.Digest;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.TransferProgress;
import io.github.jnpu.server.create.CreateRequest;
import io.github.jnpu.server.create.ModelCreation;
import io.github.jnpu.server.create.ModelParameters;
import io.github.jnpu.server.create.Modelfile;
import io.github.jnpu.server.create.Modelfile.Keyword;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/** Makes a model as a Modelfile says. */
@Command(name = "create", mixinStandardHelpOptions = true, description = {
        "Make a model out of a GGUF file or another model, with parameters, a system message and more.",
        "FROM, PARAMETER, TEMPLATE, SYSTEM, ADAPTER, LICENSE, MESSAGE, RENDERER, PARSER and REQUIRES mean what they mean to Ollama."}, footer = {
                "", "Examples:", "  printf 'FROM ./model-f16.gguf\\nPARAMETER temperature 0.2\\n' > Modelfile",
                "  jnpu create mine", "  jnpu create mine -f other.Modelfile --quantize Q4_K_M"})
final class CreateCommand implements Callable<Integer> {
    private static final Path DEFAULT_FILE = Path.of("Modelfile");
    private static final int MAX_FILE_BYTES = 16 << 20;

    @ParentCommand
    private Jnpu jnpu;

    @Parameters(paramLabel = "NAME", description = "The name of the new model; a model that has it is replaced.")
    private String name;

    @Option(names = {"-f",
            "--file"}, paramLabel = "FILE", description = "The Modelfile (default: ./Modelfile; without one, the GGUF file in this folder).")
    private Path file;

    @Option(names = {"-q",
            "--quantize"}, paramLabel = "TYPE", description = "Turn F32, F16 or BF16 weights into this type, such as Q8_0 or Q4_K_M.")
    private String quantize;

    @Override
    public Integer call() throws IOException {
        ModelStore store = ModelStore.ofUser();
        Modelfile modelfile = modelfile();
        Path folder = Optional.ofNullable(file).map(Path::toAbsolutePath).map(Path::getParent).orElse(Path.of(""));
        try (ModelRegistry registry = RegistryAccess.open();
                TransferDisplay display = new TransferDisplay(jnpu.console())) {
            CreateRequest request = request(modelfile, folder, store, display);
            try {
                new ModelCreation(store, registry, request, display).run();
            } finally {
                // What was converted is not needed any more, nor what turned out to be no model.
                store.writer().deleteUnused(request.files().values());
            }
        }
        return 0;
    }

    /** Keeps a conversation, with its parameters and instructions, as a model of its own; weights in the store are shared. */
    static void save(String name, ChatSession session, ModelStore store) throws IOException {
        Map<String, Digest> files = new LinkedHashMap<>();
        Optional<String> from = Optional.of(session.modelName());
        if (ModelName.parse(session.modelName()).flatMap(store::find).isEmpty()) {
            Path file = Path.of(session.modelName());
            files.put(file.getFileName().toString(), store.blobs().put(file, _ -> {}));
            from = Optional.empty();
        }
        CreateRequest request = new CreateRequest(RegistryAccess.reference(name, false).name(), from, files, Map.of(),
                Optional.empty(), session.system(), List.of(), session.parameters().chosenValues(), session.history(),
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Map.of());
        try (ModelRegistry registry = RegistryAccess.open()) {
            new ModelCreation(store, registry, request, _ -> {}).run();
        }
    }

    private Modelfile modelfile() throws IOException {
        Path chosen = file == null ? DEFAULT_FILE : file;
        if (!Files.isRegularFile(chosen)) {
            if (file != null) {
                throw new EngineException("specified Modelfile wasn't found: %s".formatted(file));
            }
            return Modelfile.parse("FROM .".getBytes(StandardCharsets.UTF_8));
        }
        if (Files.size(chosen) > MAX_FILE_BYTES) {
            throw new EngineException(
                    "%s is longer than %d bytes; is it a Modelfile?".formatted(chosen, MAX_FILE_BYTES));
        }
        return Modelfile.parse(Files.readAllBytes(chosen));
    }

    private CreateRequest request(Modelfile modelfile, Path folder, ModelStore store, TransferDisplay display)
            throws IOException {
        if (modelfile.last(Keyword.DRAFT).isPresent()) {
            throw new EngineException("draft models are not supported; leave DRAFT out");
        }
        Map<String, Object> parameters = ModelParameters.of(modelfile, warning -> jnpu.console().err().println(
                "Warning: " + warning));
        Optional<String> from = Optional.empty();
        Map<String, Digest> files = new LinkedHashMap<>();
        for (String source : modelfile.arguments(Keyword.FROM)) {
            Optional<Path> path = path(source, folder);
            if (path.isPresent()) {
                files.putAll(upload(path.get(), store, display));
            } else {
                from = Optional.of(source);
            }
        }
        Map<String, Digest> adapters = new LinkedHashMap<>();
        for (String adapter : modelfile.arguments(Keyword.ADAPTER)) {
            adapters.putAll(upload(path(adapter, folder).orElseThrow(() -> new EngineException(
                    "ADAPTER %s: no such file".formatted(adapter))), store, display));
        }
        return new CreateRequest(RegistryAccess.reference(name, false).name(), from, files, adapters, modelfile.last(
                Keyword.TEMPLATE), modelfile.last(Keyword.SYSTEM), modelfile.arguments(Keyword.LICENSE), parameters,
                modelfile.messages(), modelfile.last(Keyword.RENDERER), modelfile.last(Keyword.PARSER), modelfile.last(
                        Keyword.REQUIRES),
                Optional.ofNullable(quantize), Map.of());
    }

    /** The file or folder that a Modelfile names; empty if it must be a model's name. */
    private static Optional<Path> path(String text, Path folder) {
        String expanded = text.startsWith("~/") ? System.getProperty("user.home") + text.substring(1) : text;
        Path path;
        try {
            path = folder.resolve(expanded);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
        if (Files.exists(path)) {
            return Optional.of(path);
        }
        if (text.startsWith("/") || text.startsWith(".") || text.startsWith("~")) {
            throw new EngineException("FROM %s: no such file".formatted(text));
        }
        return Optional.empty();
    }

    private static Map<String, Digest> upload(Path path, ModelStore store, TransferDisplay display)
            throws IOException {
        Map<String, Digest> files = new LinkedHashMap<>();
        for (Path source : Files.isDirectory(path) ? models(path) : List.of(path)) {
            String fileName = source.getFileName().toString();
            long size = Files.size(source);
            // Its digest is known at the end only.
            files.put(fileName, store.blobs().put(source, done -> display.onProgress(new TransferProgress(
                    "copying file " + fileName, Optional.empty(), size, done))));
        }
        return files;
    }

    /** A GGUF file, or all that belongs to a model of safetensors. */
    private static List<Path> models(Path folder) throws IOException {
        List<Path> files = list(folder, "*.gguf");
        if (files.isEmpty() && HuggingFaceFolder.isOne(folder)) {
            // What cannot be read is refused before gigabytes are copied for nothing.
            HuggingFaceFolder.open(folder).close();
            files = list(folder, "{*.safetensors,*.json,tokenizer.model,chat_template.jinja}");
        }
        if (files.isEmpty()) {
            throw new EngineException("%s has no GGUF file, nor config.json with safetensors files".formatted(folder
                    .toAbsolutePath().normalize()));
        }
        return files;
    }

    private static List<Path> list(Path folder, String pattern) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, pattern)) {
            stream.forEach(files::add);
        }
        Collections.sort(files);
        return files;
    }
}
