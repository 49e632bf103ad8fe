package io.github.jnpu.server.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jnpu.convert.SafetensorsFolder;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.registry.TestRegistry;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.server.JnpuServer;
import io.github.jnpu.server.ServerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** Commands that change the store, as processes with a store of their own. */
class StoreCommandsTest {
    @TempDir
    Path folder;

    /** Nobody listens there. */
    private int port = 1;

    private Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java")
                .toString(), "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                "-Duser.home=" + folder, "-cp", System.getProperty("java.class.path"), Jnpu.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().put("OLLAMA_MODELS", folder.resolve("store").toString());
        builder.environment().put("OLLAMA_HOST", "127.0.0.1:" + port);
        builder.redirectOutput(folder.resolve("out").toFile()).redirectError(folder.resolve("err").toFile());
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    private CommandLineRun run(String... arguments) throws Exception {
        Process process = start(arguments);
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return new CommandLineRun(process.exitValue(), Files.readString(folder.resolve("out")), Files.readString(folder
                .resolve("err")));
    }

    private String ok(String... arguments) throws Exception {
        CommandLineRun run = run(arguments);
        assertThat(run.code()).as(run.err()).isZero();
        return run.out();
    }

    @Test
    void aFolderOfSafetensorsBecomesAModel() throws Exception {
        Path gguf = folder.resolve("half.gguf");
        RandomModel.llama(ModelSize.Preset.TINY, FileType.F16).write(gguf);
        Path model = SafetensorsFolder.write(gguf, folder.resolve("model"), 1);
        try (GgufFile file = GgufFile.open(gguf)) {
            SafetensorsFolder.writeSentencePieces(file, model);
        }
        Files.writeString(folder.resolve("Modelfile"), "FROM ./model\n");
        ok("create", "mine");
        assertThat(ok("run", "mine", "--num-predict", "3", "--seed", "1", "a")).isEqualTo(ok("run", "./model",
                "--num-predict", "3", "--seed", "1", "a"));
    }

    @Test
    void runPullsWhatIsMissing() throws Exception {
        RandomModel.llama(ModelSize.Preset.TINY, FileType.F16).write(folder.resolve("half.gguf"));
        Files.writeString(folder.resolve("Modelfile"), "FROM ./half.gguf\n");
        try (TestRegistry remote = new TestRegistry()) {
            String name = remote.name("v1");
            ok("create", name);
            ok("push", "--insecure", name);
            ok("rm", name);

            CommandLineRun run = run("run", "--insecure", name, "--num-predict", "2", "a");

            assertThat(run.code()).as(run.err()).isZero();
            assertThat(run.err()).contains("pulling manifest").contains("success");
            assertThat(run.out()).isNotEmpty();
            assertThat(ok("list")).contains(name);
        }
    }

    @Test
    void stopUnloadsFromTheServer() throws Exception {
        assertThat(run("stop", "demo").err()).contains("could not connect to the server at 127.0.0.1:1");
        try (JnpuServer server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(
                new ModelStore(folder.resolve("store"))));
                ServerClient client = new ServerClient(ServerAddress.of("127.0.0.1:" + server.port()))) {
            port = server.port();
            ObjectNode load = JsonNodeFactory.instance.objectNode().put("model", "demo");
            client.post("/api/generate", load).orThrow();
            assertThat(ok("ps")).contains("demo:latest");
            assertThat(ok("ps", "other")).doesNotContain("demo:latest");

            assertThat(ok("stop", "demo")).isEmpty();

            // It goes as soon as nobody uses it.
            for (int i = 0; i < 100 && !client.get("/api/ps").orThrow().path("models").isEmpty(); i++) {
                Thread.sleep(50);
            }
            assertThat(ok("ps")).doesNotContain("demo:latest");
            CommandLineRun unknown = run("stop", "nope");
            assertThat(unknown.code()).isEqualTo(1);
            assertThat(unknown.err()).endsWith("Error: couldn't find model \"nope\" to stop\n");
        }
    }

    private List<String> blobs() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("store/blobs"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Test
    void aModelGoesThroughItsWholeLife() throws Exception {
        RandomModel.llama(ModelSize.Preset.TINY, FileType.F16).write(folder.resolve("half.gguf"));
        Files.writeString(folder.resolve("Modelfile"),
                "FROM ./half.gguf\nPARAMETER stop \"a b\"\nPARAMETER seed 7\nSYSTEM Be brief.\nLICENSE MIT\n");
        try (TestRegistry remote = new TestRegistry()) {
            String name = remote.name("v1");
            CommandLineRun created = run("create", name, "-q", "Q8_0");
            assertThat(created.code()).as(created.err()).isZero();
            assertThat(created.out()).isEmpty();
            assertThat(created.err()).contains("copying file half.gguf", "quantizing F16 model to Q8_0",
                    "writing manifest").endsWith("success\n").doesNotContain("\r");
            assertThat(ok("show", "--parameters", name)).contains("stop", "a b", "seed", "7");
            String modelfile = ok("show", "--modelfile", name);
            assertThat(modelfile).contains("PARAMETER stop a b\n", "SYSTEM Be brief.\n", "LICENSE MIT\n",
                    "FROM " + folder.resolve("store"));
            Files.writeString(folder.resolve("again"), modelfile);
            ok("create", "again", "-f", "again");
            assertThat(ok("show", "--modelfile", "again").lines().skip(4)).isEqualTo(modelfile.lines().skip(4)
                    .toList());

            ok("push", "--insecure", name);
            assertThat(ok("cp", "again", "other")).isEqualTo("copied 'again' to 'other'\n");
            assertThat(ok("rm", name, "again", "other")).isEqualTo("deleted '%s'\ndeleted 'again'\ndeleted 'other'\n"
                    .formatted(name));
            assertThat(blobs()).isEmpty();
            CommandLineRun pulled = run("pull", "--insecure", name);
            assertThat(pulled.code()).as(pulled.err()).isZero();
            assertThat(pulled.err()).contains("pulling manifest\npulling ").endsWith("success\n");
            assertThat(ok("list")).contains(name);
            assertThat(ok("run", name, "--num-predict", "2", "a")).isNotEmpty();
        }
    }

    @Test
    void failuresAreOneLine() throws IOException {
        Path modelfile = folder.resolve("Modelfile");
        assertFails("invalid model name '../x'", "cp", "demo", "../x");
        assertFails("specified Modelfile wasn't found", "create", "x", "-f", modelfile.toString());
        assertFails("insecure protocol http", "pull", "http://127.0.0.1:1/x/y");
        assertFails("cannot connect", "pull", "--insecure", "127.0.0.1:1/x/y");
        Files.writeString(modelfile, "FROM .\n");
        assertFails("has no GGUF file", "create", "x", "-f", modelfile.toString());
        Files.createFile(folder.resolve("model.safetensors"));
        assertFails("nor config.json with safetensors files", "create", "x", "-f", modelfile.toString());
        Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"mamba\"}");
        assertFails("models of type 'mamba' cannot be read", "create", "x", "-f", modelfile.toString());
        Files.writeString(modelfile, "FROM ./gone.gguf\n");
        assertFails("FROM ./gone.gguf: no such file", "create", "x", "-f", modelfile.toString());
        Files.writeString(modelfile, "FROM demo\nFROB x\n");
        assertFails("(line 2): command must be one of", "create", "x", "-f", modelfile.toString());
    }

    private static void assertFails(String message, String... arguments) {
        CommandLineRun run = CommandLineRun.of(arguments);
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err().lines().filter(line -> line.startsWith("Error: "))).hasSize(1).first().asString().contains(
                message);
    }

    @Test
    void aKilledCreationLeavesTheStoreWhole() throws Exception {
        Path store = folder.resolve("store");
        RandomModel.llama(ModelSize.Preset.ofLabel("100m").orElseThrow(), FileType.F16).write(folder.resolve(
                "half.gguf"));
        Files.writeString(folder.resolve("Modelfile"), "FROM ./half.gguf\n");
        Process process = start("create", "mine", "-q", "Q4_K_M");
        boolean writing = false;
        while (!writing && process.isAlive()) {
            Thread.sleep(5);
            writing = Files.readString(folder.resolve("err")).contains("quantizing");
        }
        process.destroyForcibly().waitFor();
        assertThat(writing).isTrue();
        ModelName name = ModelName.parse("mine").orElseThrow();
        assertThat(new ModelStore(store, false).find(name)).isEmpty();
        for (String blob : blobs()) {
            if (blob.startsWith("sha256-")) {
                assertThat(Files.size(store.resolve("blobs").resolve(blob))).isEqualTo(Files.size(folder.resolve(
                        "half.gguf")));
            }
        }
        ok("create", "mine", "-q", "Q8_0");
        assertThat(new ModelStore(store, false).find(name).orElseThrow().configuration().quantization()).contains(
                "Q8_0");
    }
}
