package io.github.jnpu.samples.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.FinishReason;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.chat.AnswerEvent;
import io.github.jnpu.engine.chat.AnswerReader;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.chat.ChatPrompt;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.tool.ToolCallJson;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.samples.demo.corpus.Conversation;
import io.github.jnpu.samples.demo.corpus.Corpus;
import io.github.jnpu.samples.demo.corpus.ExampleSchema;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Asks a model file, through the engine, what was kept out of the training, and counts what it answers exactly:
 * {@code EvaluateDemoModel FILE [SIZE [verbose]]}, where SIZE bounds each set that is drawn. A tool call counts if its name and
 * its arguments are the expected ones as JSON, a JSON answer, which the grammar of its schema forces, if it is equal as JSON,
 * every other answer if it is the expected text to the letter.
 */
public final class EvaluateDemoModel {
    private static final int MAX_TOKENS = 160;
    private static final int SIZE = 200;
    /** More than the training drew. */
    private static final int CHATS_REPLAYED = 60_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final LanguageModel model;
    private final boolean verbose;

    private EvaluateDemoModel(LanguageModel model, boolean verbose) {
        this.model = model;
        this.verbose = verbose;
    }

    public static void main(String[] arguments) {
        int size = arguments.length > 1 ? Integer.parseInt(arguments[1]) : SIZE;
        Map<String, List<Conversation>> sets = HeldOutSets.load(Corpus.load(), size,
                CHATS_REPLAYED);
        try (LanguageModel model = LanguageModel.load(GgufFile.open(Path.of(arguments[0])),
                ModelOptions.DEFAULT.withThreads(1))) {
            EvaluateDemoModel evaluation = new EvaluateDemoModel(model, arguments.length > 2);
            sets.forEach((name, chats) -> evaluation.ask(name, chats, SamplingOptions.GREEDY));
            String free = HeldOutSets.FREE_QUESTIONS;
            evaluation.ask(free + ", default sampling", sets.get(free), SamplingOptions.DEFAULT.withSeed(1));
        }
    }

    private void ask(String name, List<Conversation> chats, SamplingOptions sampling) {
        boolean json = HeldOutSets.isJson(name);
        int exact = 0;
        int endless = 0;
        int fields = 0;
        int rightFields = 0;
        for (Conversation chat : chats) {
            GenerationResult result = answer(model, chat, sampling, json);
            endless += result.finishReason() == FinishReason.STOP ? 0 : 1;
            boolean right = isRight(model, chat, result.text(), json);
            exact += right ? 1 : 0;
            if (json) {
                JsonNode expected = read(chat.answer()).orElseThrow();
                Optional<JsonNode> given = read(result.text());
                fields += expected.size();
                rightFields += (int) expected.properties().stream().filter(field -> given.map(
                        node -> field.getValue().equals(node.get(field.getKey()))).orElse(false)).count();
            }
            if (verbose && !right) {
                System.out.printf("  %s%n    expected: %s%n    answered: %s%n", chat.question(), chat.answer(),
                        result.text());
            }
        }
        System.out.printf(Locale.ROOT, "%s: %d of %d exactly (%.1f %%), %d without an end%s%n", name, exact,
                chats.size(), 100.0 * exact / chats.size(), endless,
                fields == 0
                        ? ""
                        : String.format(Locale.ROOT, ", %d of %d fields (%.1f %%)", rightFields, fields,
                                100.0 * rightFields / fields));
    }

    /**
     * Whether an answer is the expected one.
     *
     * @param json
     *            whether both are JSON and compared as such
     */
    static boolean isRight(LanguageModel model, Conversation chat, String text, boolean json) {
        return json ? read(text).equals(read(chat.answer())) : isExpected(model, chat, text);
    }

    /** Whether an answer is the expected text, or calls the expected tools with the same arguments and nothing else. */
    private static boolean isExpected(LanguageModel model, Conversation chat, String text) {
        List<ChatMessage.ToolCall> expected = calls(model, chat, chat.answer());
        return expected.isEmpty()
                ? text.equals(chat.answer())
                : calls(model, chat, text).equals(expected);
    }

    /** The calls in an answer, less their random ids; none if there is text beside them. */
    private static List<ChatMessage.ToolCall> calls(LanguageModel model, Conversation chat, String text) {
        ChatPrompt prompt = SequenceSource.prompt(chat, true);
        ChatTemplate template = model.chatTemplate().orElseThrow();
        AnswerReader reader = AnswerReader.of(template.syntax(), prompt, template.render(prompt));
        List<AnswerEvent> events = new ArrayList<>(reader.accept(text));
        events.addAll(reader.finish());
        List<ChatMessage.ToolCall> calls = new ArrayList<>();
        for (AnswerEvent event : events) {
            switch (event) {
                case AnswerEvent.CompleteToolCall(int _, ChatMessage.ToolCall call) ->
                    calls.add(new ChatMessage.ToolCall(Optional.empty(), call.name(), call.arguments()));
                case AnswerEvent.PartialToolCall _ -> {
                }
                default -> {
                    return List.of();
                }
            }
        }
        return calls;
    }

    private static Optional<JsonNode> read(String text) {
        try {
            return Optional.of(JSON.readTree(text));
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            return Optional.empty();
        }
    }

    /** The answer to one question, without a system prompt. */
    static GenerationResult answer(LanguageModel model, String question, SamplingOptions sampling) {
        return answer(model, Conversation.of(question, ""), sampling, false);
    }

    /**
     * What the model writes in place of a chat's last message.
     *
     * @param json
     *            whether to hold it to the schema of the expected answer
     */
    static GenerationResult answer(LanguageModel model, Conversation chat, SamplingOptions sampling, boolean json) {
        String prompt = model.chatTemplate().orElseThrow().render(SequenceSource.prompt(chat, true));
        Optional<Grammar> grammar = json
                ? Optional.of(Grammar.ofJsonSchema(
                        ExampleSchema.of(ToolCallJson.object(chat.answer()).orElseThrow())))
                : Optional.empty();
        return model.generate(GenerationRequest.of(model.encodePrompt(prompt, true)).withSampling(sampling)
                .withMaxTokens(MAX_TOKENS).withGrammar(grammar));
    }
}
