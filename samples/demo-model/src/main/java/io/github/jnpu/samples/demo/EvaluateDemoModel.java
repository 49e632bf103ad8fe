package io.github.jnpu.samples.demo;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.FinishReason;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.chat.ChatPrompt;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.samples.demo.corpus.Conversation;
import io.github.jnpu.samples.demo.corpus.ConversationGenerator;
import io.github.jnpu.samples.demo.corpus.Corpus;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Asks a model file, through the engine and greedily, the questions that were kept out of the training, and counts the
 * answers that are exactly the expected ones: {@code EvaluateDemoModel FILE [EVERY [verbose]]}, where EVERY takes each
 * n-th of the held-out phrasings (the freely written questions are always all asked).
 */
public final class EvaluateDemoModel {
    private static final int MAX_TOKENS = 96;
    /** More than the training drew. */
    private static final int CHATS_REPLAYED = 100_000;

    private final LanguageModel model;
    private final boolean verbose;

    private EvaluateDemoModel(LanguageModel model, boolean verbose) {
        this.model = model;
        this.verbose = verbose;
    }

    public static void main(String[] arguments) {
        int every = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
        boolean verbose = arguments.length > 2;
        Corpus corpus = Corpus.load();
        List<Conversation> held = unseen(corpus);
        try (LanguageModel model = LanguageModel.load(GgufFile.open(Path.of(arguments[0])),
                ModelOptions.DEFAULT.withThreads(1))) {
            EvaluateDemoModel evaluation = new EvaluateDemoModel(model, verbose);
            evaluation.ask("held-out phrasings", IntStream.range(0, held.size()).filter(i -> i % every == 0)
                    .mapToObj(held::get).toList(), SamplingOptions.GREEDY);
            evaluation.ask("development questions", ConversationGenerator.withAnswers(corpus, corpus.development()),
                    SamplingOptions.GREEDY);
            List<Conversation> free = ConversationGenerator.withAnswers(corpus, corpus.heldOut());
            evaluation.ask("held-out free questions", free, SamplingOptions.GREEDY);
            evaluation.ask("held-out free questions, default sampling", free, SamplingOptions.DEFAULT.withSeed(1));
        }
    }

    /** The held-out phrasings less those that a trained question's variation happens to spell. */
    private static List<Conversation> unseen(Corpus corpus) {
        return ConversationGenerator.heldOutOf(corpus, List.of(DemoRecipe.chats(corpus), DemoRecipe.smallTalk(corpus)),
                CHATS_REPLAYED);
    }

    private void ask(String name, List<Conversation> turns, SamplingOptions sampling) {
        int exact = 0;
        List<String> endless = new ArrayList<>();
        for (Conversation turn : turns) {
            GenerationResult result = answer(model, turn.question(), sampling);
            boolean right = result.text().equals(turn.answer());
            exact += right ? 1 : 0;
            if (result.finishReason() != FinishReason.STOP) {
                endless.add(turn.question());
            }
            if (verbose && !right) {
                System.out.printf("  %s%n    expected: %s%n    answered: %s%n", turn.question(), turn.answer(),
                        result.text());
            }
        }
        System.out.printf(Locale.ROOT, "%s: %d of %d answered exactly (%.1f %%), %d without an end %s%n", name, exact,
                turns.size(), 100.0 * exact / turns.size(), endless.size(), endless);
    }

    /** The answer to one question, without a system prompt. */
    static GenerationResult answer(LanguageModel model, String question, SamplingOptions sampling) {
        String prompt = model.chatTemplate().orElseThrow().render(ChatPrompt.of(List.of(ChatMessage.user(question))));
        return model.generate(GenerationRequest.of(model.encodePrompt(prompt, true)).withSampling(sampling)
                .withMaxTokens(MAX_TOKENS));
    }
}
