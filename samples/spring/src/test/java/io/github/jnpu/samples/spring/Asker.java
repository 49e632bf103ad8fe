package io.github.jnpu.samples.spring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Asks the sample over HTTP. */
record Asker(int port) {
    private static final String DATA = "data:";

    HttpResponse<String> ask(String path, String question) throws IOException, InterruptedException {
        URI uri = URI.create("http://localhost:%d%s?q=%s".formatted(port, path, URLEncoder.encode(question,
                StandardCharsets.UTF_8)));
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    /** The texts of a stream's events. */
    static List<String> pieces(HttpResponse<String> response) throws JsonProcessingException {
        List<String> texts = new ArrayList<>();
        for (String line : response.body().lines().filter(line -> line.startsWith(DATA)).toList()) {
            texts.add(new ObjectMapper().readTree(line.substring(DATA.length())).get("text").asText());
        }
        return texts;
    }
}
