package io.github.jnpu.samples.demo;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.chat.ChatPrompt;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.tokenizer.Tokenizer;
import io.github.jnpu.samples.demo.corpus.Conversation;
import io.github.jnpu.samples.demo.corpus.ConversationGenerator;
import io.github.jnpu.samples.demo.corpus.Corpus;
import io.github.jnpu.samples.demo.tokenizer.BytePairTrainer;
import io.github.jnpu.samples.demo.tokenizer.BytePairVocabulary;
import io.github.jnpu.samples.demo.train.Network;
import io.github.jnpu.samples.demo.train.NetworkShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import static org.assertj.core.api.Assertions.assertThat;

/** What the engine reads from the file must be what the training saw. */
class DemoModelFileTest {
    private final Corpus corpus = Corpus.load();

    private BytePairVocabulary vocabulary() {
        ConversationGenerator chats = new ConversationGenerator(corpus, 5);
        BytePairTrainer trainer = new BytePairTrainer();
        for (int i = 0; i < 2000; i++) {
            chats.next().messages().forEach(message -> trainer.add(message.text()));
        }
        return trainer.train(700);
    }

    @Test
    void engineTokenizesChatsAndOddTextsAsTheTrainingDoes(@TempDir Path directory) throws IOException {
        BytePairVocabulary vocabulary = vocabulary();
        Path file = directory.resolve("untrained.gguf");
        DemoModelFile.write(file, new Network(new NetworkShape(vocabulary.size(), 64, 1, 2, 1, 64, 32), 1), vocabulary);
        try (GgufFile source = GgufFile.open(file)) {
            Tokenizer tokenizer = Tokenizer.of(source);
            assertThat(tokenizer.vocabularySize()).isEqualTo(vocabulary.size());
            for (String text : List.of("", " ", "two  spaces\n\n\tand a tab ", "it's we'll I'D", "naïve Größe 日本語 🙂",
                    "11434 3.14 a1b2", "<|im_end|>", "\r\n--num-ctx?!")) {
                assertThat(tokenizer.encode(text, false)).as(text).containsExactly(vocabulary.encode(text));
                assertThat(tokenizer.decode(vocabulary.encode(text))).isEqualTo(text);
            }
            ChatTemplate template = ChatTemplate.of(source).orElseThrow();
            ConversationGenerator chats = new ConversationGenerator(corpus, 6);
            for (int i = 0; i < 300; i++) {
                Conversation chat = chats.next();
                List<ChatMessage> messages = new ArrayList<>();
                chat.system().ifPresent(system -> messages.add(ChatMessage.system(system)));
                chat.messages().forEach(message -> messages
                        .add(ChatMessage.of(message.role().name().toLowerCase(Locale.ROOT), message.text())));
                String text = template.render(new ChatPrompt(messages, List.of(), false, java.util.Optional.empty()));
                assertThat(tokenizer.encode(text, true)).as(text)
                        .containsExactly(SequenceSource.chat(vocabulary, chat).tokens());
            }
            assertThat(tokenizer.isEndOfGeneration(vocabulary.special(BytePairVocabulary.MESSAGE_END))).isTrue();
            assertThat(tokenizer.isEndOfGeneration(vocabulary.special(BytePairVocabulary.END_OF_TEXT))).isTrue();
        }
    }
}
