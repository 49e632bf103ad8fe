package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** The official npm package {@code ollama} as a client, fetched as its lock file says. */
class NpmClientTest {
    private static final Path SOURCES = Path.of("src/test/npm");

    @TempDir
    Path folder;

    private record Ended(int code, String out) {}

    private static Ended run(Path directory, String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(directory, "run", ".log");
        Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true)
                .redirectOutput(out.toFile()).start();
        process.getOutputStream().close();
        if (!process.waitFor(180, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("%s has not ended; so far: %s".formatted(List.of(command), Files.readString(
                    out)));
        }
        return new Ended(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8));
    }

    /** Where npm has put the package; it stays for the next run. */
    private static Path packages() throws IOException, InterruptedException {
        Path target = Files.createDirectories(Path.of("target/npm"));
        Ended version;
        try {
            version = run(target, "npm", "--version");
        } catch (IOException e) {
            version = new Ended(-1, e.getMessage());
        }
        Assumptions.assumeTrue(version.code == 0, "needs Node and npm on the PATH");
        for (String file : List.of("package.json", "package-lock.json", "ollama.mjs")) {
            Files.copy(SOURCES.resolve(file), target.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        if (!Files.isDirectory(target.resolve("node_modules/ollama"))) {
            Ended installed = run(target, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
            assertThat(installed.code).as(installed.out).isZero();
        }
        return target;
    }

    @Test
    @DisplayName("Case 69: ollama-js")
    void theOfficialClientFindsWhatItExpects() throws Exception {
        Path packages = packages();
        try (ConformanceServer server = new ConformanceServer(folder, Map.of("OLLAMA_CONTEXT_LENGTH", "1024"))
                .withModels()) {
            Ended walk = run(packages, "node", "ollama.mjs", "http://127.0.0.1:" + server.port());
            assertThat(walk.code).as(walk.out).isZero();
            Map<String, JsonNode> said = new LinkedHashMap<>();
            walk.out.lines().map(ApiClient::json).forEach(line -> said.put(line.path("name").asText(), line.path(
                    "value")));
            assertThat(said.get("list").toString()).contains("\"tiny:latest\"", "\"tiny-embed:latest\"");
            assertThat(said.get("show").asText()).isEqualTo("llama");
            assertThat(said.get("create").asText()).isEqualTo("success");
            assertThat(said.get("generate").toString()).isEqualTo("{\"same\":true,\"done\":true,\"count\":6}");
            assertThat(said.get("chat").toString()).isEqualTo("{\"same\":true,\"role\":\"assistant\"}");
            assertThat(said.get("format").asBoolean()).isTrue();
            assertThat(said.get("tools").path("arguments").path("city").asText()).isEqualTo("Rome");
            assertThat(said.get("think").toString()).isEqualTo("[\"Hm, well.\",\"Yes indeed!\"]");
            assertThat(said.get("embed").asInt()).isEqualTo(2);
            assertThat(said.get("ps").asBoolean()).isTrue();
            assertThat(said.get("copy").asBoolean()).isTrue();
            assertThat(said.get("delete").asBoolean(true)).isFalse();
            assertThat(said.get("error").toString()).isEqualTo(
                    "[\"ResponseError\",404,\"model 'nope' not found\"]");
            assertThat(said.get("after an abort").asBoolean()).isTrue();
        }
    }
}
