package io.github.jnpu.samples.demo;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.chat.ChatMessage.ToolCall;
import io.github.jnpu.engine.chat.ChatPrompt;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.tokenizer.Tokenizer;
import io.github.jnpu.samples.demo.corpus.Conversation;
import io.github.jnpu.samples.demo.corpus.Conversation.Message;
import io.github.jnpu.samples.demo.corpus.ConversationSource;
import io.github.jnpu.samples.demo.corpus.Corpus;
import io.github.jnpu.samples.demo.tokenizer.BytePairTrainer;
import io.github.jnpu.samples.demo.tokenizer.BytePairVocabulary;
import io.github.jnpu.samples.demo.train.Network;
import io.github.jnpu.samples.demo.train.NetworkShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** What the engine reads from the file must be what the training saw. */
class DemoModelFileTest {
    private final Corpus corpus = Corpus.load();

    private final ConversationSource chats = DemoRecipe.chats(corpus);

    private BytePairVocabulary vocabulary() {
        BytePairTrainer trainer = new BytePairTrainer();
        for (int i = 0; i < 1000; i++) {
            SequenceSource.texts(chats.next()).forEach(trainer::add);
        }
        return trainer.train(700);
    }

    private static Path untrained(Path directory, BytePairVocabulary vocabulary) throws IOException {
        Path file = directory.resolve("untrained.gguf");
        DemoModelFile.write(file, new Network(new NetworkShape(vocabulary.size(), 64, 1, 2, 1, 64, 32), 1), vocabulary);
        return file;
    }

    @Test
    void engineTokenizesChatsAndOddTextsAsTheTrainingDoes(@TempDir Path directory) throws IOException {
        BytePairVocabulary vocabulary = vocabulary();
        try (GgufFile source = GgufFile.open(untrained(directory, vocabulary))) {
            Tokenizer tokenizer = Tokenizer.of(source);
            assertThat(tokenizer.vocabularySize()).isEqualTo(vocabulary.size());
            for (String text : List.of("", " ", "two  spaces\n\n\tand a tab ", "it's we'll I'D", "naïve Größe 日本語 🙂",
                    "11434 3.14 a1b2", "<|im_end|>", "\r\n--num-ctx?!")) {
                assertThat(tokenizer.encode(text, false)).as(text).containsExactly(vocabulary.encode(text));
                assertThat(tokenizer.decode(vocabulary.encode(text))).isEqualTo(text);
            }
            ChatTemplate template = ChatTemplate.of(source).orElseThrow();
            for (int i = 0; i < 300; i++) {
                Conversation chat = chats.next();
                String text = template.render(SequenceSource.prompt(chat, false));
                assertThat(tokenizer.encode(text, true)).as(text)
                        .containsExactly(SequenceSource.chat(vocabulary, chat).tokens());
            }
            assertThat(tokenizer.isEndOfGeneration(vocabulary.special(BytePairVocabulary.MESSAGE_END))).isTrue();
            assertThat(tokenizer.isEndOfGeneration(vocabulary.special(BytePairVocabulary.END_OF_TEXT))).isTrue();
        }
    }

    /** What a client sends back after a call has to look like what the model wrote. */
    @Test
    void callsAndResultsOfClientsAreLaidOutAsTheTrainingHasThem() {
        ChatTemplate template = ChatTemplate.ofJinjaTemplate(DemoChatTemplate.SOURCE);
        assertThat(template.supportsTools()).isTrue();
        String definition = """
                {"type": "function", "function": {"name": "get_weather", "description": "Gets the weather.", "parameters": \
                {"type": "object", "properties": {"city": {"type": "string", "description": "The city"}, \
                "unit": {"type": "string", "enum": ["celsius", "kelvin"]}, "days": {"type": "integer"}}, \
                "required": ["city"]}}}""";
        Conversation chat = new Conversation(Optional.of("Be brief."), List.of(definition),
                List.of(Message.user("Weather in Bonn and Ulm?"), Message.assistant("""
                        <tool_call>
                        {"name": "get_weather", "arguments": {"city": "Bonn", "days": 2}}
                        </tool_call>
                        <tool_call>
                        {"name": "get_weather", "arguments": {"city": "Ulm"}}
                        </tool_call>"""), Message.tool("rain"), Message.tool("sun"),
                        Message.assistant("Rain and sun.")));
        ChatPrompt written = SequenceSource.prompt(chat, false);
        Map<String, Object> bonn = new LinkedHashMap<>();
        bonn.put("city", "Bonn");
        bonn.put("days", 2);
        ChatPrompt sent = written.withMessages(List.of(ChatMessage.system("Be brief."),
                ChatMessage.user("Weather in Bonn and Ulm?"),
                ChatMessage.toolCalls("",
                        List.of(new ToolCall(Optional.of("1"), "get_weather", bonn),
                                new ToolCall(Optional.empty(), "get_weather", Map.of("city", "Ulm")))),
                ChatMessage.tool("rain", Optional.of("get_weather"), Optional.of("1")),
                ChatMessage.tool("sun", Optional.empty(), Optional.empty()), ChatMessage.assistant("Rain and sun.")));
        assertThat(template.render(sent)).isEqualTo(template.render(written)).startsWith("""
                <|im_start|>system
                Be brief.

                <tools>
                get_weather(city "The city", unit?: celsius|kelvin, days?: integer) Gets the weather.
                </tools><|im_end|>
                <|im_start|>user
                Weather in Bonn and Ulm?<|im_end|>
                <|im_start|>assistant
                <tool_call>""").endsWith("""
                <|im_start|>user
                <tool_response>
                rain
                </tool_response>
                <tool_response>
                sun
                </tool_response><|im_end|>
                <|im_start|>assistant
                Rain and sun.<|im_end|>
                """);
    }
}
