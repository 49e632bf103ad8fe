package io.github.jnpu.engine.chat.gotemplate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Mapping;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Slice;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Text;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Feature by feature, against what Go's own text/template gave, set up as Ollama does. */
class GoTemplateLanguageTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-03-01T00:30:00Z"), ZoneOffset.UTC);
    private static final Pattern GO_LINE = Pattern.compile("template: [^:]*:(\\d+):");

    @TestFactory
    Stream<DynamicTest> language() throws IOException {
        Mapping data = (Mapping) value(resource("data.json"));
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode example : resource("language.json")) {
            String source = example.get("template").asText();
            tests.add(DynamicTest.dynamicTest(source, () -> check(source, data, example)));
        }
        assertThat(tests).hasSizeGreaterThan(100);
        return tests.stream();
    }

    private static void check(String source, Mapping data, JsonNode example) {
        if (example.has("expected")) {
            assertThat(run(source, data)).isEqualTo(example.get("expected").asText());
            return;
        }
        String error = example.get("error").asText();
        Matcher line = GO_LINE.matcher(error);
        assertThat(line.find()).as(error).isTrue();
        assertThatThrownBy(() -> run(source, data)).as(error).isInstanceOf(GoTemplateException.class)
                .hasMessageStartingWith("line " + line.group(1) + ": ");
    }

    /** As Ollama parses: a template that knows neither messages nor an answer gets the answer's place at its end. */
    private static String run(String source, Mapping data) {
        GoTemplate template = GoTemplate.parse(source, CLOCK);
        boolean complete = template.identifiers().contains("messages") || template.identifiers().contains("response");
        return (complete ? template : template.withResponse()).execute(data);
    }

    private static JsonNode resource(String name) throws IOException {
        try (InputStream in = GoTemplateLanguageTest.class.getResourceAsStream("/chat/gotemplate/" + name)) {
            return JSON.readTree(in);
        }
    }

    static Object value(JsonNode node) {
        return switch (node.getNodeType()) {
            case NULL -> null;
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> node.doubleValue();
            case STRING -> node.textValue();
            case ARRAY -> {
                List<Object> elements = new ArrayList<>();
                node.forEach(element -> elements.add(value(element)));
                yield Slice.of(elements);
            }
            default -> {
                Map<String, Object> entries = new TreeMap<>();
                node.properties().forEach(entry -> entries.put(entry.getKey(), value(entry.getValue())));
                yield Mapping.sorted(entries, Text.PLAIN);
            }
        };
    }

    /** What Go has learnt since the version that gave the other cases. */
    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {"{{ range 3 }}{{ . }}{{ end }} ~ 012",
            "{{ range $i := 2 }}{{ $i }}{{ end }} ~ 01",
            "{{ with .E }}a{{ else with .A }}{{ . }}{{ else }}c{{ end }} ~ x",
            "{{ json .Control }} ~ \"\\b\\f\\u0001\"",
            "{{ currentDate }} {{ currentDate \"any\" }} {{ yesterdayDate }} ~ 2026-03-01 2026-03-01 2026-02-28"})
    void newer(String source, String expected) {
        Map<String, Object> data = Map.of("A", "x", "E", "", "Control", "\b\f\u0001");
        assertThat(GoTemplate.parse(source, CLOCK).execute(Mapping.sorted(data, Text.PLAIN))).isEqualTo(expected);
    }

    @Test
    void whatATemplateIsMadeOf() {
        GoTemplate template = GoTemplate.parse("""
                {{ range $i, $m := .Messages }}{{ if .ToolCalls }} {{ range .ToolCalls }}
                <call>{"name": {{ .Function.Name }}}{{ end }}{{ end }}
                {{- if .Thinking }}<think>
                {{ .Thinking }}
                </think>{{ end }}{{ end }}{{ $.Tools }}{{ .Suffix }}""", CLOCK);
        assertThat(template.identifiers()).contains("messages", "toolcalls", "tools", "suffix", "$", "thinking")
                .doesNotContain("response", "prompt");
        assertThat(template.toolCallText().orElseThrow().strip()).startsWith("<call>{");
        assertThat(template.thinkingText()).contains(new GoTemplate.ThinkingText("<think>", "</think>"));
        assertThat(GoTemplate.parse("{{ .Thinking }}{{ range .X }}{{ .Thinking }}{{ end }}", CLOCK).thinkingText())
                .isEmpty();
        assertThat(GoTemplate.parse("{{ if .ToolCalls }}{{ .X }}<call>{{ end }}", CLOCK).toolCallText()).isEmpty();
    }

    @Test
    void theAnswersBeginningEndsATemplate() {
        Mapping data = Mapping.sorted(Map.of("Prompt", "p", "Response", "r"), Text.PLAIN);
        GoTemplate template = GoTemplate.parse("{{ if .Prompt }}a{{ .Prompt }}{{ end }}b{{ .Response }}c{{ .Prompt }}",
                CLOCK);
        assertThat(template.execute(data)).isEqualTo("apbrcp");
        assertThat(template.upToResponse().execute(data)).isEqualTo("apbr");
        assertThat(GoTemplate.parse("{{ if .Prompt }}a{{ .Response }}x{{ else }}y{{ end }}z", CLOCK).upToResponse()
                .execute(data)).isEqualTo("ar");
    }
}
