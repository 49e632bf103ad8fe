package io.github.jnpu.samples.ollama;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** The whole program over real sockets, with the demo model and all-MiniLM. */
@Timeout(300)
class OllamaClientTest {
    private record Run(int code, String out, String err) {}

    private static Run client(Map<String, String> environment, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = OllamaClient.commandLine(environment).setOut(new PrintWriter(out)).setErr(new PrintWriter(
                err));
        int code = command.execute(arguments);
        command.getErr().flush();
        return new Run(code, out.toString(), err.toString());
    }

    @Test
    void chatsStreamsAndEmbedsWithAServerOfItsOwn() {
        Run run = client(Map.of("JNPU_API_KEY", "of another server"), "What does an NPU do?");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("demo:latest");
        Matcher answers = Pattern.compile("> What does an NPU do\\?\\R  (.{20,})").matcher(run.out());
        assertThat(answers.find()).as(run.out()).isTrue();
        String whole = answers.group(1);
        assertThat(answers.find()).isTrue();
        assertThat(answers.group(1)).as("streamed").isEqualTo(whole);
        Matcher cosines = Pattern.compile("all-minilm, 384 numbers.*\\R  (0\\.\\d+) Which.*\\R  (0\\.\\d+) The soup")
                .matcher(run.out());
        assertThat(cosines.find()).as(run.out()).isTrue();
        assertThat(Double.parseDouble(cosines.group(1))).isGreaterThan(Double.parseDouble(cosines.group(2)));
    }

    @Test
    void talksToTheServerThatIsNamed() {
        try (OwnServer server = new OwnServer(Map.of())) {
            Run run = client(Map.of("OLLAMA_HOST", server.url().substring("http://".length())), "--model", "nope");
            assertThat(run.out()).contains("Models at " + server.url(), "demo:latest");
            assertThat(run.err().lines()).singleElement().asString().contains("model 'nope' not found");
        }
    }

    @Test
    void saysWhereNoServerAnswers() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        Run run = client(Map.of("OLLAMA_HOST", "127.0.0.1:" + free));
        assertThat(run.code()).isOne();
        assertThat(run.err().lines()).singleElement().asString()
                .startsWith("Error: no server answers at http://127.0.0.1:"
                        + free);
    }

    @ParameterizedTest
    @CsvSource({"example,http://example:11434", "example:1,http://example:1", "http://example/,http://example:11434",
            "https://example,https://example", "[::1],http://[::1]:11434", "[::1]:2,http://[::1]:2"})
    void addressesAreReadAsPeopleWriteThem(String host, String url) {
        assertThat(OllamaClient.url(host)).isEqualTo(url);
    }
}
