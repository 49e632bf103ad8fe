package io.github.jnpu.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.TestModels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

class JnpuTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"serve", "run", "list", "show", "ps", "stop", "completion", "pull", "push", "create", "cp",
            "rm", "devices",
            "tokenize", "perplexity", "bench",
            "convert"})
    void everyCommandExplainsItselfWithExamples(String command) {
        CommandLineRun run = CommandLineRun.of(command, "--help");

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("Usage: jnpu " + command, "Examples:");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void aWrongCommandIsOneLineAndAHint() {
        CommandLineRun run = CommandLineRun.of("frobnicate");

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err())
                .isEqualTo("Error: unknown command 'frobnicate'%nRun 'jnpu --help' for usage.%n".formatted());
    }

    @Test
    void aParameterOutOfRangeSaysWhatIsWrong() {
        CommandLineRun run = CommandLineRun.of("run", "x", "--repeat-penalty", "0", "hello");

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("Error: repeat_penalty must be above 0, is 0.0\n");
    }

    @Test
    void aMissingModelIsOneLine() {
        assertFails("model './missing.gguf' not found", "run", "./missing.gguf", "hello");
        assertFails("model './missing.gguf' not found", "show", "./missing.gguf");
        assertFails("model './missing.gguf' not found", "tokenize", "-m", "./missing.gguf");
        assertFails("model './missing.gguf' not found", "bench", "-m", "./missing.gguf");
    }

    @Test
    void aFileThatIsNoModelIsOneLine() throws IOException {
        Path file = Files.writeString(folder.resolve("text.gguf"), "This is no model, and it has\nmore than one line.");

        assertFails("not a GGUF file", "run", file.toString(), "hello");
    }

    @Test
    void anUnknownArchitectureIsOneLine() {
        Path bert = TestModels.require("ggml-vocab/ggml-vocab-bert-bge.gguf");

        assertFails("bert", "run", bert.toString(), "hello");
    }

    @Test
    void aPromptLongerThanTheContextIsOneLine() {
        assertFails("longer than the context length of 128", "run", tiny(), "word ".repeat(200));
    }

    @Test
    void noPromptIsAnError() {
        assertFails("there is no prompt", "run", tiny());
    }

    @Test
    void aStackTraceComesOnlyWhenAskedFor() {
        assertThat(CommandLineRun.of("run", "./missing.gguf", "hello").err()).doesNotContain("\tat ");
        assertThat(CommandLineRun.of("run", "--debug", "./missing.gguf", "hello").err())
                .contains("\tat io.github.jnpu");
    }

    @Test
    void continuesATextGreedilyAsTheReferenceDoes() throws IOException {
        JsonNode golden = JSON.readTree(TestModels.require("stories260K-gguf/golden.json").toFile())
                .get("tinyllm.gguf");
        String whole = golden.get("text").asText();

        CommandLineRun run = CommandLineRun.of("run", tiny(), "--raw", "--temperature", "0", "--num-predict", "20",
                "Once", "upon", "a", "time");

        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out()).endsWith("\n");
        assertThat(whole).contains("Once upon a time" + run.out().strip());
    }

    @Test
    void theAnswerCanBeHeldToASchema() throws IOException {
        Path schema = Files.writeString(folder.resolve("schema.json"),
                "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"minimum\":10,\"maximum\":99}},\"required\":[\"n\"]}");
        CommandLineRun run = CommandLineRun.of("run", TestModels.stories260K().toString(), "--raw", "--format",
                "@" + schema,
                "Once");

        assertThat(run.err()).isEmpty();
        assertThat(JSON.readTree(run.out()).path("n").intValue()).isBetween(10, 99);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"not\":{}}", "@/no/such/file", "yaml"})
    void aFormatThatCannotBeHeldIsOneLine(String format) {
        CommandLineRun run = CommandLineRun.of("run", "demo", "--format", format, "Once");

        assertThat(run.code()).isNotZero();
        assertThat(run.err().lines().findFirst().orElseThrow()).containsAnyOf("'not' is not supported",
                "'/no/such/file' cannot be read", "no JSON");
    }

    @Test
    void pipedInputStandsBeforeThePrompt() {
        List<String> options = List.of("run", tiny(), "--temperature", "0", "--num-predict", "8");

        CommandLineRun piped = CommandLineRun.withInput("Once upon", append(options, "a time"));
        CommandLineRun whole = CommandLineRun.of(append(options, "Once upon a time"));

        assertThat(piped.out()).isEqualTo(whole.out());
    }

    @Test
    void theSameSeedGivesTheSameText() {
        String[] arguments = {"run", tiny(), "--temperature", "1.2", "--seed", "7", "--num-predict", "30", "The"};

        assertThat(CommandLineRun.of(arguments).out()).isEqualTo(CommandLineRun.of(arguments).out());
    }

    @Test
    void verbosePrintsRatesOnStandardError() {
        CommandLineRun run = CommandLineRun.of("run", tiny(), "--verbose", "--num-predict", "3", "The");

        assertThat(run.out()).doesNotContain("duration");
        assertThat(run.err()).contains("backend:              vector on CPU", "total duration:", "load duration:",
                "prompt eval count:    2 token(s)",
                "prompt eval duration:", "prompt eval rate:", "eval count:           3 token(s)", "eval rate:");
    }

    @Test
    void aSystemMessageNeedsATemplate() {
        assertFails("has no chat template", "run", tiny(), "--system", "Be brief.", "hello");
        assertFails("a raw prompt has no place", "run", tiny(), "--raw", "--system", "Be brief.", "hello");
    }

    @Test
    void tokenizeTakesEveryByteOfStandardInput() {
        assertThat(CommandLineRun.withInput("Once upon a time", "tokenize", "-m", tiny()).out())
                .isEqualTo("403 407 261 378%n".formatted());
        assertThat(CommandLineRun.withInput("Once upon a time\n", "tokenize", "-m", tiny(), "--json").out())
                .isEqualTo("[403,407,261,378,13]%n".formatted());
        assertThat(CommandLineRun.withInput("", "tokenize", "-m", tiny(), "--json").out())
                .isEqualTo("[]%n".formatted());
    }

    @Test
    void tokenizeParsesSpecialTokensOnRequest() {
        assertThat(CommandLineRun.withInput("</s>", "tokenize", "-m", tiny(), "--special").out().strip())
                .isEqualTo("2");
        assertThat(CommandLineRun.withInput("</s>", "tokenize", "-m", tiny()).out().strip()).isNotEqualTo("2");
    }

    @Test
    void perplexityIsThatOfLlamaCpp() throws IOException {
        String shakespeare = Files.readString(TestModels.require("corpus/tinyshakespeare.txt"));
        Path file = Files.writeString(folder.resolve("text.txt"), shakespeare.substring(0, 100_000));

        CommandLineRun run = CommandLineRun.of("perplexity", "-m", tiny(), "-f", file.toString(), "-c", "128",
                "--chunks", "2", "--json");

        assertThat(run.code()).isZero();
        JsonNode result = JSON.readTree(run.out());
        // The second running value of llama.cpp 0.7.0 on the same input is 56.2872.
        assertThat(result.get("perplexity").asDouble()).isBetween(56.2872 * 0.998, 56.2872 * 1.002);
        assertThat(result.get("chunks").asInt()).isEqualTo(2);
    }

    @Test
    void benchGivesTheAgreedFigures() throws IOException {
        CommandLineRun run = CommandLineRun.of("bench", "-m", tiny(), "-p", "8", "-n", "4", "-r", "2", "-t", "1",
                "-d", "16", "--kv-cache-type", "bf16", "--json");

        JsonNode result = JSON.readTree(run.out());
        assertThat(result.get("prefill_tokens_per_second").asDouble()).isPositive();
        assertThat(result.get("decode_tokens_per_second").asDouble()).isPositive();
        assertThat(result.get("load_seconds").asDouble()).isPositive();
        assertThat(result.get("peak_memory_bytes").asLong()).isPositive();
        assertThat(result.get("device").asText()).contains("CPU");
        assertThat(result.get("threads").asInt()).isEqualTo(1);
        assertThat(result.get("depth").asInt()).isEqualTo(16);
        assertThat(result.get("kv_cache_type").asText()).isEqualTo("bf16");
    }

    @Test
    void cacheTypesThatCannotBeUsedAreNamed() {
        CommandLineRun unknown = CommandLineRun.of("bench", "-m", tiny(), "--kv-cache-type", "q4_0");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("--kv-cache-type",
                "'q4_0' is not supported; use one of f32, f16, bf16, q8_0");
        // Its heads are 8 wide.
        assertFails("a KV cache of type q8_0 needs heads whose width is a multiple of 32", "run", tiny(), "--raw",
                "--kv-cache-type", "q8_0", "Once");
    }

    @Test
    void benchPrintsATableLikeLlamaBench() {
        CommandLineRun run = CommandLineRun.of("bench", "-m", tiny(), "-p", "4,8", "-n", "2", "-r", "2", "-t", "1");

        assertThat(run.code()).isZero();
        List<String> lines = run.out().lines().toList();
        assertThat(lines.get(0))
                .matches("\\| model +\\| +size \\| +params \\| backend +\\| threads \\| +test \\| +t/s \\|");
        assertThat(lines.subList(2, 5)).extracting(line -> line.split("\\|")[6].strip()).containsExactly("pp4", "pp8",
                "tg2");
        assertThat(lines.get(2)).contains("llama 293K F32").matches(".* \\d+\\.\\d\\d ± \\d+\\.\\d\\d \\|");
        assertThat(run.out()).contains("Java " + System.getProperty("java.runtime.version"));
        assertThat(run.err()).contains("loaded in");
    }

    @Test
    void benchGivesLlamaBenchsJson() throws IOException {
        CommandLineRun run = CommandLineRun.of("bench", "-m", tiny(), "-m", "demo", "-p", "0", "-n", "2,3", "-r", "2",
                "-t", "1", "-o", "json");

        JsonNode results = JSON.readTree(run.out());
        assertThat(results).hasSize(4);
        JsonNode second = results.get(1);
        assertThat(second.get("n_prompt").asInt()).isZero();
        assertThat(second.get("n_gen").asInt()).isEqualTo(3);
        assertThat(second.get("n_threads").asInt()).isEqualTo(1);
        assertThat(second.get("repack").asBoolean()).isTrue();
        assertThat(second.get("samples_ns")).hasSize(2);
        assertThat(second.get("avg_ts").asDouble()).isPositive();
        assertThat(second.get("model_n_params").asLong()).isBetween(200_000L, 300_000L);
        assertThat(results.get(2).get("model_filename").asText()).isEqualTo("demo");
    }

    @Test
    void benchRefusesWhatItCannotMeasure() {
        assertThat(CommandLineRun.of("bench", "-m", "demo", "-p", "0", "-n", "0").err())
                .startsWith("Error: Nothing to measure");
        assertThat(CommandLineRun.of("bench", "-m", "demo", "-p", "-1").err()).startsWith("Error: -p, -n and -t");
        assertThat(CommandLineRun.of("bench", "-m", "demo", "-p", "1,2", "--json").err())
                .startsWith("Error: --json is for one");
    }

    @Test
    void aModelCanBeConvertedAndRun() {
        Path file = folder.resolve("converted.gguf");

        CommandLineRun convert = CommandLineRun.of("convert", tiny(), "--type", "q4_k_m", "-o", file.toString());

        assertThat(convert.code()).isZero();
        assertThat(convert.out()).startsWith(file + ": ");
        assertThat(convert.err()).contains("29 tensors became Q5_0: the rows do not fill the blocks of Q4_K");
        assertThat(CommandLineRun.of("show", file.toString()).out()).contains("quantization         Q4_K_M");
        assertThat(CommandLineRun.of("run", file.toString(), "--num-predict", "2", "Once").code()).isZero();
        CommandLineRun again = CommandLineRun.of("convert", file.toString(), "--type", "Q4_0", "-o", file.toString());
        assertThat(again.err()).contains("is the model itself");
    }

    @Test
    void convertRefusesWhatMakesNoSense() {
        String file = folder.resolve("x.gguf").toString();

        assertThat(CommandLineRun.of("convert", "-o", file).err()).startsWith("Error: Give either a model");
        assertThat(CommandLineRun.of("convert", "demo", "-o", file).err()).startsWith("Error: Give the type");
        assertThat(CommandLineRun.of("convert", "demo", "--type", "Q9", "-o", file).err())
                .startsWith("Error: unknown type 'Q9'; known are f32");
        assertThat(CommandLineRun.of("convert", "demo", "--type", "Q4_0", "--tied", "-o", file).err())
                .startsWith("Error: --tied is for random models");
        assertThat(folder.resolve("x.gguf")).doesNotExist();
    }

    @Test
    void aBackendCanBeAskedFor() {
        assertThat(CommandLineRun.of("run", "demo", "--backend", "reference", "--num-predict", "2", "hi").code())
                .isZero();
        assertFails("there is no backend 'abacus'", "run", "demo", "--backend", "abacus", "hi");
        assertFails("backend 'vector' has one device only, not 'gpu'", "run", "demo", "--backend", "vector:gpu", "hi");
    }

    @Test
    void aRandomModelCanBeWrittenShownAndRun() {
        Path file = folder.resolve("random.gguf");

        CommandLineRun convert = CommandLineRun.of("convert", "--random", "qwen3", "--like", "tiny", "--type", "Q8_0",
                "-o",
                file.toString());
        assertThat(convert.err()).isEmpty();
        assertThat(CommandLineRun.of("show", file.toString()).out()).contains("architecture         qwen3",
                "quantization         Q8_0");
        assertThat(CommandLineRun.of("show", "-v", file.toString()).out()).contains("blk.0.attn_q.weight",
                "qwen3.block_count = ");
        assertThat(CommandLineRun.of("run", file.toString(), "--num-predict", "2", "hi").code()).isZero();
    }

    @Test
    void outputThatNobodyReadsEndsQuietly() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        OutputStream closedPipe = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        Console console = new Console(new ByteArrayInputStream(new byte[0]),
                new PrintStream(closedPipe, false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false, false, false);

        assertThat(Jnpu.execute(console, "run", tiny(), "--temperature", "0", "Once upon a time")).isEqualTo(141);
        assertThat(Jnpu.execute(console, "devices")).isEqualTo(141);
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    /** Vert.x and Netty take long to load; only the server needs them. */
    @Test
    void noCommandButServeLoadsVertx() throws Exception {
        Path classes = folder.resolve("classes.txt");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                "-Xlog:class+load=info:file=" + classes, "-cp", System.getProperty("java.class.path"),
                Jnpu.class.getName(),
                "run", tiny(), "--num-predict", "2", "hello").redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        process.getOutputStream().close();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(Files.readAllLines(classes))
                .noneMatch(line -> line.contains(" io.vertx.") || line.contains(" io.netty."))
                .anyMatch(line -> line.contains("io.github.jnpu.engine.LanguageModel"));
    }

    private static void assertFails(String message, String... arguments) {
        CommandLineRun run = CommandLineRun.of(arguments);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).startsWith("Error: ").contains(message);
        assertThat(run.err().lines()).hasSize(1);
    }

    private static String tiny() {
        return TestModels.stories260K().toString();
    }

    private static String[] append(List<String> arguments, String last) {
        return Stream.concat(arguments.stream(), Stream.of(last)).toArray(String[]::new);
    }
}
