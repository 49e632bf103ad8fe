package io.github.jnpu.engine.chat.jinja;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Feature by feature against what Jinja2 3.1 gave for the same template and variables. */
class JinjaLanguageTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-02-03T14:05:09Z"), ZoneOffset.UTC);
    private static final ObjectMapper JSON = new ObjectMapper();

    static Stream<Arguments> cases() throws IOException {
        try (InputStream in = JinjaLanguageTest.class.getResourceAsStream("/chat/jinja/language.json")) {
            JsonNode root = JSON.readTree(in);
            Map<String, Object> variables = JSON.convertValue(root.get("variables"), new TypeReference<>() {
            });
            return StreamSupport.stream(root.get("cases").spliterator(), false).map(
                    test -> Arguments.of(test.get("template").asText(), variables, test));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void rendersAsJinja2(String source, Map<String, Object> variables, JsonNode test) {
        if (test.has("expected")) {
            assertThat(JinjaTemplate.parse(source, CLOCK).render(variables)).isEqualTo(test.get("expected").asText());
        } else if (test.has("refused")) {
            assertThatThrownBy(() -> JinjaTemplate.parse(source, CLOCK).render(variables)).isInstanceOf(
                    TemplateRefusal.class).hasMessage(test.get("refused").asText());
        } else {
            assertThatThrownBy(() -> JinjaTemplate.parse(source, CLOCK).render(variables)).isInstanceOf(
                    JinjaException.class).hasMessageMatching("(?s)line \\d+: .+");
        }
    }
}
