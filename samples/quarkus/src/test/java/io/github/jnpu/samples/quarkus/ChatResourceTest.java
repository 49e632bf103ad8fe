package io.github.jnpu.samples.quarkus;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(120)
@QuarkusTest
class ChatResourceTest {
    private static final String DATA = "data:";

    @TestHTTPResource
    URI root;

    private HttpResponse<String> ask(String path, String question) throws IOException, InterruptedException {
        URI uri = root.resolve(path + "?q=" + URLEncoder.encode(question, StandardCharsets.UTF_8));
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void aQuestionIsAnswered() throws Exception {
        HttpResponse<String> response = ask("/chat", "What does an NPU do?");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).containsIgnoringCase("npu").endsWith(".");
    }

    @Test
    void theStreamsPiecesAddUpToTheAnswer() throws Exception {
        HttpResponse<String> response = ask("/stream", "What does an NPU do?");
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/event-stream");
        List<String> pieces = new ArrayList<>();
        for (String line : response.body().lines().filter(line -> line.startsWith(DATA)).toList()) {
            pieces.add(new ObjectMapper().readTree(line.substring(DATA.length())).get("text").asText());
        }
        assertThat(pieces).hasSizeGreaterThan(3);
        assertThat(String.join("", pieces)).isEqualTo(ask("/chat", "What does an NPU do?").body());
    }

    @Test
    void aQuestionThatDoesNotFitIsTheAskersFault() throws Exception {
        HttpResponse<String> response = ask("/chat", "a dog ".repeat(600));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("longer than the context length");
    }
}
