package io.github.jnpu.samples.demo.corpus;

import io.github.jnpu.samples.demo.corpus.Conversation.Message;
import io.github.jnpu.samples.demo.corpus.Conversation.Role;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Draws chats from a corpus, without end; the same seed gives the same chats. Some phrasings never occur in them: they are
 * held out to measure what the model makes of questions that it has not seen.
 */
public final class ConversationGenerator implements ConversationSource {
    static final String NO_MORE = "That is all that I know about it.";
    private static final int HELD_OUT_PERCENT = 7;
    private static final double MAX_WEIGHT = 45;

    private final Corpus corpus;
    private final WritingHabits habits;
    private final List<Topic> topics = new ArrayList<>();
    private final double[] cumulativeWeights;
    private final Random random;

    public ConversationGenerator(Corpus corpus, long seed) {
        this(corpus, seed, 1);
    }

    /**
     * A generator that favours small talk.
     *
     * @param smallTalk
     *            how many times as often; above 1 nothing of it is held out, because there are only so many ways to say hello
     */
    public ConversationGenerator(Corpus corpus, long seed, int smallTalk) {
        this.corpus = corpus;
        this.habits = new WritingHabits(corpus);
        this.random = new Random(seed);
        Set<String> development = corpus.development().stream().map(question -> key(question.question()))
                .collect(Collectors.toSet());
        for (Topic topic : corpus.topics()) {
            List<List<String>> groups = topic.questions().stream()
                    .map(group -> group.stream()
                            .filter(phrase -> smallTalk > 1 && topic.smallTalk()
                                    || !isHeldOut(phrase) && !development.contains(key(phrase)))
                            .toList())
                    .filter(group -> !group.isEmpty()).toList();
            topics.add(new Topic(topic.name(), topic.smallTalk(), groups, topic.answer(), topic.more()));
        }
        // A topic with many phrasings takes longer to learn.
        cumulativeWeights = new double[topics.size()];
        double sum = 0;
        for (int i = 0; i < cumulativeWeights.length; i++) {
            int phrasings = topics.get(i).questions().stream().mapToInt(List::size).sum();
            sum += Math.clamp(Math.sqrt(phrasings) / 6, 1, MAX_WEIGHT) * (topics.get(i).smallTalk() ? smallTalk : 1);
            cumulativeWeights[i] = sum;
        }
    }

    /** The held-out phrasings, written cleanly, each with its answer. */
    public static List<Conversation> heldOut(Corpus corpus) {
        Map<String, Conversation> chats = new LinkedHashMap<>();
        for (Topic topic : corpus.topics()) {
            topic.questions().stream().flatMap(List::stream).filter(ConversationGenerator::isHeldOut).forEach(
                    phrase -> chats.put(key(phrase), Conversation.of(WritingHabits.clean(phrase), topic.answer())));
        }
        return List.copyOf(chats.values());
    }

    /**
     * {@link #heldOut} less what the first chats of some generators ask after all: another phrasing with a synonym, a contraction or
     * a missing word can spell a held-out one.
     */
    public static List<Conversation> heldOutOf(Corpus corpus, List<ConversationGenerator> generators, int chats) {
        Set<String> asked = new HashSet<>();
        for (ConversationGenerator generator : generators) {
            for (int i = 0; i < chats; i++) {
                generator.next().texts(Role.USER).forEach(question -> asked.add(key(question)));
            }
        }
        return heldOut(corpus).stream().filter(chat -> !asked.contains(key(chat.question()))).toList();
    }

    /** Freely written questions, each with its answer. */
    public static List<Conversation> withAnswers(Corpus corpus, List<Corpus.FreeQuestion> questions) {
        return questions.stream()
                .map(question -> Conversation.of(question.question(), answerOf(corpus, question.topic()))).toList();
    }

    private static String answerOf(Corpus corpus, String topic) {
        if (topic.startsWith("capital:")) {
            return CapitalSource.answerFor(topic.substring("capital:".length()).replace('_', ' '));
        }
        if (topic.startsWith("sum:")) {
            return ArithmeticSource.answerFor(topic.substring("sum:".length()));
        }
        if (topic.equals("large")) {
            return ArithmeticSource.TOO_LARGE;
        }
        return corpus.topics().stream().filter(known -> known.name().equals(topic)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no topic '%s'".formatted(topic))).answer();
    }

    static boolean isHeldOut(String phrase) {
        // String.hashCode is specified; the multiplication spreads its neighbouring values.
        return Integer.remainderUnsigned(key(phrase).hashCode() * 0x9E3779B9, 100) < HELD_OUT_PERCENT;
    }

    /** Phrasings that differ only in case or punctuation count as one. */
    static String key(String phrase) {
        return phrase.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    /** The next chat: mostly one turn. */
    @Override
    public Conversation next() {
        Optional<String> system = random.nextInt(100) < 8 ? Optional.of(pick(corpus.list("system"))) : Optional.empty();
        List<Message> messages = new ArrayList<>();
        int dice = random.nextInt(100);
        int questions = dice < 80 ? 1 : dice < 94 ? 2 : dice < 98 ? 3 : 5;
        for (int i = 0; i < questions; i++) {
            Topic topic = topic();
            messages.add(Message.user(habits.write(pick(pick(topic.questions())), random)));
            messages.add(Message.assistant(topic.answer()));
            if (random.nextInt(100) < (topic.more().isPresent() ? 30 : 3)) {
                messages.add(Message.user(habits.write(pick(corpus.list("more")), random)));
                messages.add(Message.assistant(topic.more().orElse(NO_MORE)));
            }
        }
        return new Conversation(system, List.of(), messages);
    }

    private Topic topic() {
        double at = random.nextDouble() * cumulativeWeights[cumulativeWeights.length - 1];
        for (int i = 0; i < cumulativeWeights.length; i++) {
            if (at < cumulativeWeights[i]) {
                return topics.get(i);
            }
        }
        return topics.getLast();
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
