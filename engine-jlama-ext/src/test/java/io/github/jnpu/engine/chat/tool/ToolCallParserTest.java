package io.github.jnpu.engine.chat.tool;

import io.github.jnpu.engine.chat.tool.ToolCallPiece.Call;
import io.github.jnpu.engine.chat.tool.ToolCallPiece.Partial;
import io.github.jnpu.engine.chat.tool.ToolCallPiece.Text;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** Every family of models, every answer cut in many ways: texts and calls stay the same. */
class ToolCallParserTest {
    private static final Set<String> NAMES = Set.of("get_weather", "get_time", "get", "say_hello", "say_hello_world");
    private static final String TOKYO = "get_weather{city=Tokyo}";

    /** What an answer comes to: {@code text <call> text}. */
    private record Answer(String text, List<String> calls, Map<Integer, String> partials) {}

    private static Answer read(String tag, List<String> pieces) {
        ToolCallParser parser = new ToolCallParser(ToolCallSyntax.ofTag(tag), NAMES);
        List<ToolCallPiece> found = new ArrayList<>();
        pieces.forEach(piece -> found.addAll(parser.accept(piece)));
        found.addAll(parser.finish());
        StringBuilder text = new StringBuilder();
        List<String> calls = new ArrayList<>();
        Map<Integer, String> partials = new LinkedHashMap<>();
        for (ToolCallPiece piece : found) {
            switch (piece) {
                case Text(String more) -> {
                    assertThat(more).isNotEmpty();
                    text.append(more);
                }
                case Partial(int index, String name, String arguments) -> {
                    assertThat(arguments).isNotEmpty();
                    partials.merge(index, name + arguments, (a, b) -> a + b.substring(name.length()));
                }
                case Call(int index, String name, Map<String, Object> arguments) -> {
                    assertThat(index).isEqualTo(calls.size());
                    calls.add(name + arguments);
                }
            }
        }
        return new Answer(text.toString(), calls, partials);
    }

    private static Answer readAnyhow(String tag, String answer) {
        Answer whole = read(tag, List.of(answer));
        Random random = new Random(7);
        for (int size = 1; size <= Math.min(answer.length(), 40); size++) {
            List<String> pieces = new ArrayList<>();
            for (int from = 0; from < answer.length(); from += size) {
                pieces.add(answer.substring(from, Math.min(answer.length(), from + size)));
            }
            assertThat(read(tag, pieces)).as("in pieces of %d", size).isEqualTo(whole);
        }
        for (int cut = 0; cut <= answer.length(); cut++) {
            assertThat(read(tag, List.of(answer.substring(0, cut), answer.substring(cut)))).as("cut at %d", cut)
                    .isEqualTo(whole);
        }
        for (int round = 0; round < 50; round++) {
            List<String> pieces = new ArrayList<>();
            for (int from = 0; from < answer.length();) {
                int to = Math.min(answer.length(), from + 1 + random.nextInt(12));
                pieces.add(answer.substring(from, to));
                from = to;
            }
            assertThat(read(tag, pieces)).as("%s", pieces).isEqualTo(whole);
        }
        return whole;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '^', value = {
            // Qwen, Hermes
            "<tool_call> ~ ^<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}\n</tool_call>^ ~ ^^",
            "<tool_call> ~ ^<tool_call>{\"arguments\": {\"city\": \"Tokyo\"}, \"name\": \"get_weather\"}</tool_call>^ ~ ^^",
            "<tool_call> ~ ^I look. <tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}</tool_call> Done.^ ~ ^I look.  Done.^",
            "<tool_call> ~ ^<tool_call>{\"name\": \"get_weather\", \"arguments\": \"{\\\"city\\\": \\\"Tokyo\\\"}\"}</tool_call>\n^ ~ ^^",
            "<tool_call> ~ ^<tool_call>\n```json\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}\n```\n</tool_call>^ ~ ^^",
            "<tool_call> ~ ^<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}}</tool_call>^ ~ ^^",
            "<tool_call> ~ ^<tool_call>{\"function\": {\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}}^ ~ ^^",
            "<tool_call> ~ ^<tool_call>{\"get_weather\": {\"city\": \"Tokyo\"}}</tool_call>^ ~ ^^",
            "<tool_call> ~ ^a < b <tool <tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}</tool_call>^ ~ ^a < b <tool ^",
            "<tool_call> ~ ^<tool_call>oops <tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}</tool_call>^ ~ ^<tool_call>oops ^",
            "<tool_call> ~ ^<tool_call>{\"name\": <tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}</tool_call>^ ~ ^<tool_call>{\"name\": ^",
            // Llama 3
            "{ ~ ^{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Tokyo\"}}^ ~ ^^",
            "{ ~ ^\n  {\"type\": \"function\", \"name\": \"get_weather\", \"parameters\": {\"city\": \"Tokyo\"}}\n^ ~ ^^",
            "{ ~ ^[{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Tokyo\"}}]^ ~ ^^",
            "{ ~ ^{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Tokyo\"}} That was it.^ ~ ^ That was it.^",
            "<|python_tag|> ~ ^<|python_tag|>{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Tokyo\"}}^ ~ ^^",
            "<|python_tag|> ~ ^{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Tokyo\"}}<|eom_id|>^ ~ ^^",
            // Mistral
            "[TOOL_CALLS] ~ ^[TOOL_CALLS] [{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}]^ ~ ^^",
            "[TOOL_CALLS] ~ ^[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}, \"id\": \"abcdefghi\"}][/TOOL_CALLS] ok^ ~ ^ ok^",
            "[TOOL_CALLS] ~ ^[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Tokyo\"}^ ~ ^^",
            "[TOOL_CALLS] ~ ^Hm.[TOOL_CALLS]get_weather[CALL_ID]a1B2c3D4e[ARGS]{\"city\": \"Tokyo\"}^ ~ ^Hm.^",
            "[TOOL_CALLS] ~ ^[TOOL_CALLS]get_weather{\"city\": \"Tokyo\"}^ ~ ^^",
            // Granite
            "<|tool_call|> ~ ^<|tool_call|>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}]^ ~ ^^",
            "<|tool_call|> ~ ^<tool_call>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}]^ ~ ^^",
            // Command R
            "Action: ```json ~ ^Action: ```json\n[\n    {\n        \"tool_name\": \"get_weather\",\n        \"parameters\": {\"city\": \"Tokyo\"}\n    }\n]```^ ~ ^^",
            // DeepSeek R1 and V3.1
            "<|tool▁calls▁begin|> ~ ^<|tool▁calls▁begin|><|tool▁call▁begin|>function<|tool▁sep|>get_weather\n```json\n{\"city\": \"Tokyo\"}\n```<|tool▁call▁end|><|tool▁calls▁end|>^ ~ ^^",
            "<｜tool▁calls▁begin｜> ~ ^One moment.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{\"city\": \"Tokyo\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>^ ~ ^One moment.^"})
    void oneCall(String tag, String answer, String text) {
        Answer found = readAnyhow(tag, answer);
        assertThat(found.calls()).containsExactly(TOKYO);
        assertThat(found.text()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '^', value = {
            "<tool_call> ~ ^<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}</tool_call>\n<tool_call>{\"name\": \"get_time\", \"arguments\": {}}</tool_call>\n^",
            "<tool_call> ~ ^<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_call>^",
            "{ ~ ^{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Tokyo\"}}; {\"name\": \"get_time\", \"parameters\": {}}^",
            "[ ~ ^[{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Tokyo\"}},\n {\"name\": \"get_time\"}]]^",
            "[TOOL_CALLS] ~ ^[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Tokyo\"}}, {\"name\": \"get_time\", \"arguments\": {}}]^",
            "[TOOL_CALLS] ~ ^[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Tokyo\"}[TOOL_CALLS]get_time[ARGS]{}^",
            "<|tool▁calls▁begin|> ~ ^<|tool▁calls▁begin|><|tool▁call▁begin|>function<|tool▁sep|>get_weather\n```json\n{\"city\": \"Tokyo\"}\n```<|tool▁call▁end|>\n<|tool▁call▁begin|>function<|tool▁sep|>get_time\n```json\n{}\n```<|tool▁call▁end|><|tool▁calls▁end|>^"})
    void severalCalls(String tag, String answer) {
        Answer found = readAnyhow(tag, answer);
        assertThat(found.calls()).containsExactly(TOKYO, "get_time{}");
        assertThat(found.text()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '^', value = {"<tool_call> ~ ^Just text, no call.^",
            "<tool_call> ~ ^<tool_call>{\"name\": \"search\", \"arguments\": {}}</tool_call>^",
            "<tool_call> ~ ^<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"To^",
            "<tool_call> ~ ^<tool_call>{\"name\": \"get_weather\", \"arguments\": [1]}</tool_call>^",
            "<tool_call> ~ ^<tool_call>{\"name\" \"get_weather\"}</tool_call>^",
            "<tool_call> ~ ^<tool_call></tool_call>^",
            "<tool_call> ~ ^<tool_call>get_w^", "<tool_call> ~ ^<tool_c^",
            "<tool_call> ~ ^{\"name\": \"get_weather\", \"arguments\": {}}^",
            "{ ~ ^{\"name\": \"Jeff\"}^", "{ ~ ^{\"name\": \"Jeff\"} {\"name\": \"get_weather\", \"parameters\": {}}^",
            "{ ~ ^Here: {\"name\": \"get_weather\", \"parameters\": {}}^", "{ ~ ^for { println() }^",
            "{ ~ ^[special delivery]^",
            "{ ~ ^  \n ^", "[TOOL_CALLS] ~ ^[TOOL_CALLS]unknown[ARGS]{}^", "[TOOL_CALLS] ~ ^[TOOL^",
            "<|python_tag|> ~ ^<|python_tag|>print(1)^",
            "<|tool▁calls▁begin|> ~ ^<|tool▁calls▁begin|><|tool▁call▁begin|>function<|tool▁sep|>nope\n```json\n{}\n```<|tool▁call▁end|>^"})
    void whatIsNoCallIsText(String tag, String answer) {
        Answer found = readAnyhow(tag, answer);
        assertThat(found.calls()).isEmpty();
        assertThat(found.text()).isEqualTo(answer);
    }

    @ParameterizedTest
    @CsvSource({"say_hello", "say_hello_world", "get", "get_time"})
    void aNameMayBeginAnother(String name) {
        assertThat(readAnyhow("<tool_call>", "<tool_call>{\"name\": \"" + name + "\", \"arguments\": {}}</tool_call>")
                .calls()).containsExactly(name + "{}");
        assertThat(readAnyhow("[TOOL_CALLS]", "[TOOL_CALLS]" + name + "[ARGS]{}").calls()).containsExactly(name + "{}");
    }

    @Test
    void valuesAreKept() {
        String arguments = "{\"s\": \"a}b\\\"{c\\u00e9\", \"n\": [1, 2.5, -3e2, null, true], \"o\": {\"z\": {}, \"a\": 1}}";
        Answer found = readAnyhow("<tool_call>", "<tool_call>{\"name\": \"get\", \"arguments\": " + arguments
                + "}</tool_call>");
        assertThat(found.calls()).containsExactly("get{s=a}b\"{cé, n=[1, 2.5, -300.0, null, true], o={z={}, a=1}}");
        assertThat(found.partials()).isEqualTo(Map.of(0, "get" + arguments));
    }

    @Test
    void argumentsGrow() {
        ToolCallParser parser = new ToolCallParser(ToolCallSyntax.ofTag("<tool_call>"), NAMES);
        assertThat(parser.accept("<tool_call>{\"name\": \"get_wea")).isEmpty();
        assertThat(parser.accept("ther\", \"arguments\": ")).isEmpty();
        assertThat(parser.accept("{\"city\": ")).containsExactly(new Partial(0, "get_weather", "{\"city\": "));
        assertThat(parser.accept("\"Rome\"}")).containsExactly(new Partial(0, "get_weather", "\"Rome\"}"));
        assertThat(parser.accept("}")).containsExactly(new Call(0, "get_weather", Map.of("city", "Rome")));
        assertThat(parser.accept("</tool_call><tool_call>{\"arguments\": {\"a\": 1}, ")).isEmpty();
        assertThat(parser.accept("\"name\": \"get\"")).containsExactly(new Partial(1, "get", "{\"a\": 1}"));
        assertThat(parser.accept("}")).containsExactly(new Call(1, "get", Map.of("a", 1)));
        assertThat(parser.finish()).isEmpty();
    }

    @Test
    void textIsNotHeldBackLongerThanNeeded() {
        ToolCallParser parser = new ToolCallParser(ToolCallSyntax.ofTag("<tool_call>"), NAMES);
        assertThat(parser.accept("Hello <b")).containsExactly(new Text("Hello <b"));
        assertThat(parser.accept("x <too")).containsExactly(new Text("x "));
        assertThat(parser.accept("n")).containsExactly(new Text("<toon"));
    }

    @Test
    void anythingAtAllLosesNothing() {
        Random random = new Random(3);
        List<String> bits = List.of("<tool_call>", "</tool_call>", "{", "}", "[", "]", "\"name\"", "\"get\"", ":", ",",
                "\"arguments\"", "{}", " ", "\n", "x", "\"", "get", "<tool", "\\", "```json");
        for (int round = 0; round < 400; round++) {
            String answer = random.ints(random.nextInt(25), 0, bits.size()).mapToObj(bits::get).collect(Collectors
                    .joining());
            for (String tag : List.of("<tool_call>", "{")) {
                Answer whole = read(tag, List.of(answer));
                assertThat(read(tag, answer.chars().mapToObj(Character::toString).toList())).as(answer)
                        .isEqualTo(whole);
                if (whole.calls().isEmpty()) {
                    assertThat(whole.text()).isEqualTo(answer);
                }
            }
        }
    }

    /** Only tells a hang from a slow machine: read again from each tag on, this would be 20 thousand million characters. */
    @Test
    @Timeout(60)
    void manyBeginningsOfCallsEnd() {
        String answer = "<tool_call>{\"a\": \"" + "<tool_call>{\\\"".repeat(70_000);
        assertThat(read("<tool_call>", List.of(answer, "\n\"<")).text()).isEqualTo(answer + "\n\"<");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {"x <tool_call> y ~ <tool_call>", "[TOOL_CALLS] ~ [TOOL_CALLS]",
            "<|python_tag|> tools ~ <|python_tag|>", "nothing ~ ''"})
    void templatesNameTheTag(String source, String opening) {
        assertThat(ToolCallSyntax.ofTemplate(source::contains).openings().stream().findFirst().orElse("")).isEqualTo(
                opening.replace("'", ""));
    }
}
