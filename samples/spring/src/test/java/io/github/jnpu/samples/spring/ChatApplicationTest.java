package io.github.jnpu.samples.spring;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;

import java.net.http.HttpResponse;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(120)
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class ChatApplicationTest {
    @Value("${local.server.port}")
    private int port;

    @Test
    void aQuestionIsAnswered() throws Exception {
        HttpResponse<String> response = new Asker(port).ask("/chat", "What does an NPU do?");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).containsIgnoringCase("npu").endsWith(".");
    }

    @Test
    void theStreamsPiecesAddUpToTheAnswer() throws Exception {
        Asker asker = new Asker(port);
        HttpResponse<String> response = asker.ask("/stream", "What does an NPU do?");
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/event-stream");
        assertThat(Asker.pieces(response)).hasSizeGreaterThan(3);
        assertThat(String.join("", Asker.pieces(response)))
                .isEqualTo(asker.ask("/chat", "What does an NPU do?").body());
    }

    @Test
    void aQuestionThatDoesNotFitIsTheAskersFault() throws Exception {
        HttpResponse<String> response = new Asker(port).ask("/chat", "a dog ".repeat(600));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("longer than the context length");
    }
}
