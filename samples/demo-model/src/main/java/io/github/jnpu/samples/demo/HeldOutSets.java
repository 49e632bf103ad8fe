package io.github.jnpu.samples.demo;

import io.github.jnpu.samples.demo.corpus.ArithmeticSource;
import io.github.jnpu.samples.demo.corpus.CapitalSource;
import io.github.jnpu.samples.demo.corpus.Conversation;
import io.github.jnpu.samples.demo.corpus.ConversationGenerator;
import io.github.jnpu.samples.demo.corpus.Corpus;
import io.github.jnpu.samples.demo.corpus.JsonSource;
import io.github.jnpu.samples.demo.corpus.PassageSource;
import io.github.jnpu.samples.demo.corpus.ToolCallSource;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What the model is measured with: chats that the training never draws, whose last message is the expected answer. */
final class HeldOutSets {
    static final String FREE_QUESTIONS = "freely written questions";
    private static final String JSON = "JSON";
    private static final String FREE_JSON = "freely written JSON";

    private HeldOutSets() {}

    /**
     * The sets by name.
     *
     * @param size
     *            of each that is drawn; the freely written ones are as long as they are
     * @param replayed
     *            how many chats of the training to draw again: what they ask after all, by a synonym or a missing word, is no
     *            held-out phrasing
     */
    static Map<String, List<Conversation>> load(Corpus corpus, int size, int replayed) {
        Map<String, List<Conversation>> sets = new LinkedHashMap<>();
        sets.put("phrasings", some(
                ConversationGenerator.heldOutOf(corpus, DemoRecipe.questions(corpus), replayed), size));
        sets.put(FREE_QUESTIONS, ConversationGenerator.withAnswers(corpus, corpus.heldOut()));
        sets.put("sums", ArithmeticSource.heldOut(size));
        sets.put("capitals", some(CapitalSource.heldOut(), size));
        sets.put("passages", PassageSource.heldOut(size));
        sets.put("freely written passages", PassageSource.freelyWritten());
        sets.put("tool calls", ToolCallSource.heldOut(size));
        sets.put("freely written tool calls", ToolCallSource.freelyWritten());
        sets.put("use of results", ToolCallSource.heldOutAnswers(size));
        sets.put(JSON, JsonSource.heldOut(size));
        sets.put(FREE_JSON, JsonSource.freelyWritten());
        return sets;
    }

    /** Whether the answers of a set are JSON that a schema holds. */
    static boolean isJson(String name) {
        return name.equals(JSON) || name.equals(FREE_JSON);
    }

    /** So many of a list, evenly spread. */
    static <T> List<T> some(List<T> list, int size) {
        int count = Math.min(size, list.size());
        return IntStream.range(0, count).mapToObj(i -> list.get((int) ((long) i * list.size() / count))).toList();
    }
}
