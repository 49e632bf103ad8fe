package io.github.jnpu.samples.demo.corpus;

import io.github.jnpu.samples.demo.corpus.Conversation.Message;
import io.github.jnpu.samples.demo.corpus.PassageTask.Asked;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Draws questions about texts that stand in the prompt. The answer is the sentence of the text that tells it, word for word, or
 * that the text does not say. The prompts have the forms of LangChain4j's content injector and of what people write.
 */
public final class PassageSource implements ConversationSource {
    private static final int PROSE_PERCENT = 45;
    private static final int LONG_PERCENT = 12;
    private static final int SENTENCES = 7;
    private static final int LONG_SENTENCES = 15;
    private static final int MAX_LENGTH = 2000;
    private static final List<String> HEADINGS = List.of("Notes", "Overview", "Handbook", "About", "FAQ", "Report",
            "Details",
            "Manual", "History", "News", "Chapter 2", "Guide", "Data sheet", "Facts");
    private static final List<String> RULES = List.of("Answer from the text.", "Use only the following text.",
            "Answer with a sentence from the context.", "Answer the question with the help of this text.",
            "You answer questions about the following text.", "Here is what you know.", "Use this information:",
            "You are a helpful assistant. Answer from these documents:", "Context:",
            "Answer only from the given context:");

    private final FactPassages facts = new FactPassages();
    private final ProsePassages prose = new ProsePassages();
    private final Random random;

    public PassageSource(long seed) {
        this.random = new Random(seed);
    }

    @Override
    public Conversation next() {
        Conversation chat;
        do {
            chat = format(task(false), random);
        } while (length(chat) > MAX_LENGTH);
        return chat;
    }

    private PassageTask task(boolean heldOut) {
        int sentences = random.nextInt(100) < LONG_PERCENT ? LONG_SENTENCES : SENTENCES;
        return random.nextInt(100) < PROSE_PERCENT
                ? prose.draw(random, sentences, heldOut)
                : facts.draw(random, sentences, heldOut);
    }

    /**
     * Questions about names, sentences and in forms that are never trained on.
     *
     * @param count
     *            how many of them
     */
    public static List<Conversation> heldOut(int count) {
        PassageSource source = new PassageSource(count);
        List<Conversation> chats = new ArrayList<>();
        while (chats.size() < count) {
            PassageTask task = source.task(true);
            Conversation chat = source.format(new PassageTask(task.passages(), task.asked().subList(0, 1)),
                    source.random);
            if (length(chat) <= MAX_LENGTH) {
                chats.add(chat);
            }
        }
        return List.copyOf(chats);
    }

    /**
     * Freely written passages with freely written questions, which no generator makes, as LangChain4j writes them.
     */
    public static List<Conversation> freelyWritten() {
        List<Conversation> chats = new ArrayList<>();
        for (String block : Corpus.text("heldout-passages").strip().split("\n\n+")) {
            List<String> passages = new ArrayList<>();
            for (String line : block.lines().toList()) {
                String text = line.substring(2);
                if (line.startsWith("p ")) {
                    passages.add(text);
                } else {
                    String[] parts = text.split(" => ");
                    chats.add(Conversation.of(injected(parts[0], passages), answer(parts[1], passages)));
                }
            }
        }
        return List.copyOf(chats);
    }

    /** The sentence that holds some words; "-" if the passages do not say it. */
    private static String answer(String words, List<String> passages) {
        if (words.equals("-")) {
            return PassageTask.NOT_SAID;
        }
        List<String> found = passages.stream()
                .flatMap(passage -> List.of(passage.split("(?<=[.]) (?=[A-Zj])")).stream())
                .filter(sentence -> sentence.contains(words)).toList();
        if (found.size() != 1) {
            throw new IllegalArgumentException("'%s' is in %d sentences".formatted(words, found.size()));
        }
        return found.getFirst();
    }

    private static int length(Conversation chat) {
        return chat.system().map(String::length).orElse(0)
                + chat.messages().stream().mapToInt(message -> message.text().length()).sum();
    }

    /** Exactly what LangChain4j's DefaultContentInjector makes of a question and contents. */
    static String injected(String question, List<String> contents) {
        return question + "\n\nAnswer using the following information:\n" + String.join("\n\n", contents);
    }

    private Conversation format(PassageTask task, Random random) {
        List<String> passages = new ArrayList<>(
                task.passages().stream().map(sentences -> String.join(" ", sentences)).toList());
        if (random.nextInt(100) < 10) {
            passages.replaceAll(text -> pick(HEADINGS, random) + "\n" + text);
        } else if (random.nextInt(100) < 5) {
            passages.replaceAll(text -> "# " + pick(HEADINGS, random) + "\n\n" + text);
        }
        Asked first = task.asked().getFirst();
        String question = write(first.question(), random);
        String text = String.join(random.nextInt(4) == 0 ? "\n" : "\n\n", passages);
        Optional<String> system = Optional.empty();
        String user;
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3, 4 -> user = injected(question, passages);
            case 5 -> user = injected(question, withMetadata(passages, random));
            case 6 -> user = "Context:\n" + text + "\n\nQuestion: " + question;
            case 7 -> user = text + "\n\n" + question;
            case 8 -> user = question + "\n\n" + text;
            case 9 -> user = "Text: " + text + "\nQuestion: " + question + (random.nextBoolean() ? "\nAnswer:" : "");
            case 10 -> user = pick(RULES, random) + "\n" + text + "\n\n" + question;
            case 11 -> user = pick(RULES, random) + "\n\n" + numbered(passages) + "\n\nQuestion: " + question;
            case 12 -> user = "Question: " + question + "\n\nContext:\n" + text;
            case 13 -> user = "Read this: " + String.join(" ", passages) + " " + question;
            default -> {
                system = Optional.of(pick(RULES, random) + (random.nextBoolean() ? "\n\n" : "\n") + text);
                user = question;
            }
        }
        if (system.isEmpty() && random.nextInt(100) < 6) {
            system = Optional.of("You are a helpful assistant.");
        }
        List<Message> messages = new ArrayList<>(List.of(Message.user(user), Message.assistant(first.answer())));
        // Further questions about the same text cost few tokens.
        if (random.nextInt(100) < 60) {
            for (Asked more : task.asked().subList(1, task.asked().size())) {
                messages.add(Message.user(write(more.question(), random)));
                messages.add(Message.assistant(more.answer()));
            }
        }
        return new Conversation(system, List.of(), messages);
    }

    private static String numbered(List<String> passages) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < passages.size(); i++) {
            text.append(i == 0 ? "" : "\n").append('[').append(i + 1).append("] ").append(passages.get(i));
        }
        return text.toString();
    }

    /** As the injector writes contents whose metadata are wanted. */
    private static List<String> withMetadata(List<String> passages, Random random) {
        List<String> contents = new ArrayList<>();
        for (String passage : passages) {
            Map<String, String> metadata = new LinkedHashMap<>();
            if (random.nextBoolean()) {
                metadata.put("file_name",
                        pick(List.of("notes.txt", "readme.md", "faq.txt", "report.md", "guide.txt"), random));
            }
            metadata.put("index", Integer.toString(random.nextInt(12)));
            StringBuilder text = new StringBuilder("content: ").append(passage);
            metadata.forEach((key, value) -> text.append('\n').append(key).append(": ").append(value));
            contents.add(text.toString());
        }
        return contents;
    }

    /** The question as people type it. Names keep their capitals mostly. */
    private static String write(String question, Random random) {
        String text = question.strip().replaceAll(" +", " ");
        int dice = random.nextInt(100);
        if (dice < 4) {
            text = "according to the text, " + text;
        } else if (dice < 7) {
            text = pick(List.of("please tell me, ", "quick question: ", "and ", "so ", "I wonder, "), random) + text;
        } else if (dice < 10) {
            text = text + pick(List.of(", please", " exactly", " according to this", " again"), random);
        }
        if (random.nextInt(100) < 80) {
            text = text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
        } else if (random.nextInt(3) == 0) {
            text = text.toLowerCase(Locale.ROOT);
        }
        return random.nextInt(100) < 88 ? text + "?" : random.nextBoolean() ? text : text + ".";
    }

    private static <T> T pick(List<T> list, Random random) {
        return list.get(random.nextInt(list.size()));
    }
}
