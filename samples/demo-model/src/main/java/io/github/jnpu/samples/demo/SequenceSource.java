package io.github.jnpu.samples.demo;

import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.chat.ChatPrompt;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.tool.ToolCallJson;
import io.github.jnpu.samples.demo.corpus.Conversation;
import io.github.jnpu.samples.demo.corpus.ConversationSource;
import io.github.jnpu.samples.demo.tokenizer.BytePairVocabulary;
import io.github.jnpu.samples.demo.train.Batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Turns chats into token sequences as the chat template does, and draws batches of them. The model learns to write the answers with their end token. */
final class SequenceSource {
    private static final String ANSWER = "assistant\n";
    private static final ChatTemplate TEMPLATE = ChatTemplate.ofJinjaTemplate(DemoChatTemplate.SOURCE);

    private final BytePairVocabulary vocabulary;
    private final ConversationSource chats;

    SequenceSource(BytePairVocabulary vocabulary, ConversationSource chats) {
        this.vocabulary = vocabulary;
        this.chats = chats;
    }

    /** A batch of at least so many tokens. */
    Batch next(int tokens, int maxLength) {
        List<Batch.Sequence> sequences = new ArrayList<>();
        int sum = 0;
        while (sum < tokens) {
            Batch.Sequence sequence = chat(vocabulary, chats.next());
            if (sequence.tokens().length <= maxLength) {
                sequences.add(sequence);
                sum += sequence.tokens().length;
            }
        }
        return new Batch(sequences);
    }

    /** What stands between the special tokens, each with its role. */
    static List<String> texts(Conversation conversation) {
        List<String> texts = new ArrayList<>();
        for (String message : TEMPLATE.render(prompt(conversation, false)).split(
                Pattern.quote(BytePairVocabulary.MESSAGE_START))) {
            if (!message.isEmpty()) {
                texts.add(message.substring(0, message.indexOf(BytePairVocabulary.MESSAGE_END)));
            }
        }
        return texts;
    }

    static Batch.Sequence chat(BytePairVocabulary vocabulary, Conversation conversation) {
        Builder builder = new Builder(vocabulary);
        for (String text : texts(conversation)) {
            builder.message(text, text.startsWith(ANSWER));
        }
        return builder.build();
    }

    /** Of which only the last answer counts. */
    static Batch.Sequence lastAnswer(BytePairVocabulary vocabulary, Conversation conversation) {
        Batch.Sequence chat = chat(vocabulary, conversation);
        int last = chat.scored().length - 1;
        while (!chat.scored()[last]) {
            last--;
        }
        int first = last;
        while (chat.scored()[first - 1]) {
            first--;
        }
        boolean[] scored = new boolean[chat.scored().length];
        Arrays.fill(scored, first, last + 1, true);
        return new Batch.Sequence(chat.tokens(), scored);
    }

    /**
     * The conversation as the engine takes it.
     *
     * @param forAnswer
     *            whether to leave out the last message, which the model shall write
     */
    static ChatPrompt prompt(Conversation conversation, boolean forAnswer) {
        List<ChatMessage> messages = new ArrayList<>();
        conversation.system().ifPresent(system -> messages.add(ChatMessage.system(system)));
        for (Conversation.Message message : conversation.messages()) {
            messages.add(ChatMessage.of(message.role().name().toLowerCase(Locale.ROOT), message.text()));
        }
        if (forAnswer) {
            messages.removeLast();
        }
        return new ChatPrompt(messages, conversation.tools().stream().map(SequenceSource::tool).toList(), forAnswer,
                Optional.empty());
    }

    private static Map<String, Object> tool(String definition) {
        return ToolCallJson.object(definition)
                .orElseThrow(() -> new IllegalArgumentException("a tool that is no JSON object: " + definition));
    }

    private static final class Builder {
        private final BytePairVocabulary vocabulary;
        private final List<Integer> tokens = new ArrayList<>();
        private final List<Boolean> scored = new ArrayList<>();

        Builder(BytePairVocabulary vocabulary) {
            this.vocabulary = vocabulary;
        }

        void message(String text, boolean answer) {
            special(BytePairVocabulary.MESSAGE_START, false);
            // Together, because the engine too encodes what lies between two special tokens at once.
            int[] ids = vocabulary.encode(text);
            int head = answer ? vocabulary.encode(ANSWER).length : 0;
            for (int i = 0; i < ids.length; i++) {
                tokens.add(ids[i]);
                scored.add(answer && i >= head);
            }
            special(BytePairVocabulary.MESSAGE_END, answer);
            text("\n", false);
        }

        void text(String text, boolean learn) {
            for (int id : vocabulary.encode(text)) {
                tokens.add(id);
                scored.add(learn);
            }
        }

        void special(String token, boolean learn) {
            tokens.add(vocabulary.special(token));
            scored.add(learn);
        }

        Batch.Sequence build() {
            boolean[] flags = new boolean[scored.size()];
            for (int i = 0; i < flags.length; i++) {
                flags[i] = scored.get(i);
            }
            return new Batch.Sequence(tokens.stream().mapToInt(Integer::intValue).toArray(), flags);
        }
    }
}
