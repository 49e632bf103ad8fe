package io.github.jnpu.samples.demo.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.engine.chat.tool.ToolCallJson;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.samples.demo.corpus.Conversation.Message;
import io.github.jnpu.samples.demo.corpus.Conversation.Role;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

class TaskSourcesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern CALL = Pattern.compile("<tool_call>\n(.*)\n</tool_call>");
    private static final int DRAWN = 20_000;

    private final Corpus corpus = Corpus.load();

    @Test
    void sameSeedGivesTheSameChats() {
        List<Supplier<ConversationSource>> sources = List.of(() -> tools(7), () -> new JsonSource(7));
        sources.forEach(source -> assertThat(draw(source.get(), 200)).isEqualTo(draw(source.get(), 200)));
        assertThat(draw(tools(8), 50)).isNotEqualTo(draw(tools(7), 50));
        assertThat(draw(new JsonSource(8), 50)).isNotEqualTo(draw(new JsonSource(7), 50));
        assertThat(ToolCallSource.heldOut(20)).isEqualTo(ToolCallSource.heldOut(20));
        assertThat(JsonSource.heldOut(20)).isEqualTo(JsonSource.heldOut(20));
    }

    @Test
    void heldOutQuestionsAreNeverDrawn() {
        assertNeverDrawn(tools(1), ToolCallSource.heldOut(300), ToolCallSource.freelyWritten());
        assertNeverDrawn(new JsonSource(1), JsonSource.heldOut(300), JsonSource.freelyWritten());
        assertThat(ToolCallSource.heldOut(300)).hasSize(300);
        assertThat(ToolCallSource.freelyWritten()).hasSizeGreaterThanOrEqualTo(50);
        assertThat(JsonSource.freelyWritten()).hasSizeGreaterThanOrEqualTo(40);
    }

    private void assertNeverDrawn(ConversationSource source, List<Conversation> heldOut, List<Conversation> free) {
        Set<String> drawn = draw(source, DRAWN).stream().flatMap(chat -> chat.texts(Role.USER).stream()).map(
                ConversationGenerator::key).collect(Collectors.toSet());
        assertThat(Stream.concat(heldOut.stream(), free.stream()).map(Conversation::question)).noneMatch(
                question -> drawn.contains(ConversationGenerator.key(question)));
    }

    @Test
    void freelyWrittenQuestionsFollowNoPhrasing() {
        Set<Pattern> phrasings = ToolKind.load().stream().flatMap(kind -> kind.questions().stream()).map(
                TaskSourcesTest::pattern).collect(Collectors.toSet());
        assertThat(ToolCallSource.freelyWritten().stream().map(Conversation::question)
                .filter(question -> phrasings.stream()
                        .anyMatch(phrasing -> phrasing.matcher(plain(question)).matches())))
                .isEmpty();
        Set<Pattern> texts = JsonDomain.load().stream().flatMap(domain -> domain.texts().stream()).map(
                TaskSourcesTest::pattern).collect(Collectors.toSet());
        assertThat(JsonSource.freelyWritten().stream().map(Conversation::question).filter(question -> texts.stream()
                .anyMatch(text -> text.matcher(plain(question)).matches()))).isEmpty();
    }

    private static String plain(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[?!.]+( |$)", " ").strip();
    }

    private static Pattern pattern(String phrase) {
        String regex = Stream.of(plain(phrase.replaceAll("<[a-z0-9]+>", "\u0001")).split("(?<=\u0001)|(?=\u0001)")).map(
                part -> part.equals("\u0001") ? "[^ ,:]+( [^ ,:]+)?" : Pattern.quote(part))
                .collect(Collectors.joining());
        return Pattern.compile(regex);
    }

    @Test
    void callsNameAToolThatIsThereAndCopyTheirArguments() throws Exception {
        List<Conversation> chats = new ArrayList<>(draw(tools(2), 3000));
        chats.addAll(ToolCallSource.heldOut(200));
        chats.addAll(ToolCallSource.freelyWritten());
        int calls = 0;
        for (Conversation chat : chats) {
            for (int i = 1; i < chat.messages().size(); i++) {
                Message message = chat.messages().get(i);
                if (message.role() == Role.ASSISTANT && message.text().contains("<tool_call>")) {
                    for (String call : message.text().split("(?<=</tool_call>)\n")) {
                        assertCall(chat, chat.messages().get(i - 1).text(), call);
                        calls++;
                    }
                }
            }
        }
        assertThat(calls).isGreaterThan(2500);
    }

    private static void assertCall(Conversation chat, String question, String text) throws Exception {
        var matcher = CALL.matcher(text);
        assertThat(matcher.matches()).as(text).isTrue();
        JsonNode call = JSON.readTree(matcher.group(1));
        JsonNode tool = chat.tools().stream().map(TaskSourcesTest::parse).map(node -> node.get("function")).filter(
                node -> node.get("name").equals(call.get("name"))).findFirst().orElseThrow();
        JsonNode parameters = tool.get("parameters");
        parameters.path("required").forEach(name -> assertThat(call.get("arguments").has(name.asText())).isTrue());
        call.get("arguments").properties().forEach(argument -> {
            JsonNode schema = parameters.get("properties").get(argument.getKey());
            assertThat(schema).as("%s in %s", argument.getKey(), chat.tools()).isNotNull();
            assertThat(argument.getValue().isTextual()).isEqualTo(schema.get("type").asText().equals("string"));
            if (!schema.has("enum")) {
                assertThat(question).contains(argument.getValue().asText());
            }
        });
    }

    @Test
    void answersCopyWhatTheToolsGave() {
        List<Conversation> chats = ToolCallSource.heldOutAnswers(200);
        assertThat(chats)
                .allSatisfy(chat -> assertThat(chat.messages().get(chat.messages().size() - 2).role()).isEqualTo(
                        Role.TOOL));
        assertThat(chats).allSatisfy(chat -> assertThat(chat.answer()).doesNotContain("<"));
    }

    @Test
    void someChatsWithToolsNeedNone() {
        List<Conversation> chats = draw(tools(4), 2000);
        assertThat(chats).filteredOn(chat -> !chat.tools().isEmpty() && !chat.texts(Role.ASSISTANT).toString().contains(
                "<tool_call>")).hasSizeBetween(150, 500);
        assertThat(chats).filteredOn(chat -> chat.tools().isEmpty()).hasSizeBetween(20, 300)
                .allSatisfy(chat -> assertThat(chat
                        .answer()).isEqualTo(ToolCallSource.NO_TOOL));
    }

    @Test
    void everyExpectedJsonParsesAndBelongsToAGrammar() throws Exception {
        List<Conversation> chats = new ArrayList<>(draw(new JsonSource(3), 500));
        chats.addAll(JsonSource.heldOut(100));
        chats.addAll(JsonSource.freelyWritten());
        for (Conversation chat : chats) {
            assertThat(JSON.readTree(chat.answer()).isObject()).as(chat.answer()).isTrue();
            String schema = ExampleSchema.of(ToolCallJson.object(chat.answer()).orElseThrow());
            assertThat(Grammar.ofJsonSchema(schema).matches(chat.answer())).as(schema + chat.answer()).isTrue();
        }
    }

    @Test
    void toolsAreDefinedCompactlyEnough() {
        List<Conversation> chats = draw(tools(5), 2000);
        assertThat(chats).filteredOn(chat -> String.join("", chat.tools()).length() > 1300).hasSizeLessThan(20);
        chats.stream().flatMap(chat -> chat.tools().stream()).map(TaskSourcesTest::parse)
                .forEach(tool -> assertThat(tool.get(
                        "function").get("parameters").get("type").asText()).isEqualTo("object"));
    }

    private static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (Exception e) {
            throw new AssertionError(json, e);
        }
    }

    private ToolCallSource tools(long seed) {
        return new ToolCallSource(seed, new ConversationGenerator(corpus, seed));
    }

    private static List<Conversation> draw(ConversationSource source, int count) {
        return Stream.generate(source::next).limit(count).toList();
    }
}
