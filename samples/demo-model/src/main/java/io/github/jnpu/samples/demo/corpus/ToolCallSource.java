package io.github.jnpu.samples.demo.corpus;

import io.github.jnpu.samples.demo.corpus.Conversation.Message;
import io.github.jnpu.samples.demo.corpus.Conversation.Role;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Draws chats with tools: weather and time above all, and others, so that what is learned is to choose by the words and to copy
 * the arguments. Mostly a question, its call, a result and the answer that uses it. Held out are some cities, names, words and
 * numbers, and some phrasings. Not thread-safe.
 */
public final class ToolCallSource implements ConversationSource {
    static final String NO_TOOL = "I cannot look that up without a tool.";
    private static final long HELD_OUT_SEED = 20_260;
    private static final List<String> SYSTEMS = List.of("You are a helpful assistant.",
            "You are a helpful assistant with tools.",
            "Use the tools if you need them.", "Answer briefly.", "You are a friendly assistant.",
            "You can call functions.", "Be concise.", "Use the provided tools to answer the question.");
    private static final List<String> OPENINGS = List.of("please", "hello", "hi", "hey", "quick question:", "tell me,",
            "so",
            "ok", "excuse me,");
    private static final List<String> CLOSINGS = List.of(", please", " please", "? thanks", ", thank you");
    private static final List<String> ENDS = List.of("?", "?", "?", "?", "?", "?", "", "", ".", "!");
    /** What nobody knows without a tool. */
    private static final Set<String> LOOK_UPS = Set.of("weather", "temperature", "time", "now", "date", "stock",
            "transaction",
            "order", "calendar");
    /** Kinds that one question could mean both of. */
    private static final List<Set<String>> ALIKE = List.of(Set.of("weather", "temperature", "temperature room"),
            Set.of("time",
                    "now", "time zone city"),
            Set.of("add", "multiply", "calculator", "root"), Set.of("order", "cancel"), Set.of(
                    "stock", "price product", "market value stock", "stock level product"),
            Set.of("calendar", "remind"),
            Set.of("dictionary", "translate"), Set.of("now", "remind"), Set.of("transaction", "order"));
    private static final Set<String> TWICE = Set.of("weather", "temperature", "time", "transaction", "order",
            "dictionary",
            "stock");
    private static final Pattern COULD_BE_A_TASK = Pattern.compile(
            "(?i).*(\\d|weather|time|clock|date|rain|sun|cold|warm|temperature|price|calculat|plus|sum|translat|mean|word|capital"
                    + "|find|search|look).*");

    private final List<ToolKind> kinds;
    private final double[] cumulativeWeights;
    private final Random random;
    private final SlotValues slots;
    private final Optional<ConversationSource> talk;
    private final Set<String> reserved = freelyWritten().stream()
            .map(chat -> ConversationGenerator.key(chat.question()))
            .collect(Collectors.toSet());

    /** A question with the calls that answer it and how their results are told. */
    private record Task(String question, List<DefinedTool> tools, List<Map<String, String>> values) {}

    /** Without small talk between. */
    public ToolCallSource(long seed) {
        this(seed, Optional.empty(), Split.TRAINING);
    }

    /**
     * A source that now and then offers tools in a chat that needs none.
     *
     * @param talk
     *            where such chats are drawn from
     */
    public ToolCallSource(long seed, ConversationSource talk) {
        this(seed, Optional.of(talk), Split.TRAINING);
    }

    private ToolCallSource(long seed, Optional<ConversationSource> talk, Split split) {
        this.random = new Random(seed);
        this.talk = talk;
        this.slots = new SlotValues(split, random);
        this.kinds = ToolKind.load().stream().map(kind -> kept(kind, split)).filter(kind -> !kind.questions().isEmpty())
                .toList();
        this.cumulativeWeights = new double[kinds.size()];
        double sum = 0;
        for (int i = 0; i < cumulativeWeights.length; i++) {
            sum += kinds.get(i).weight();
            cumulativeWeights[i] = sum;
        }
    }

    private static ToolKind kept(ToolKind kind, Split split) {
        return new ToolKind(kind.name(), kind.weight(), kind.names(), kind.descriptions(), kind.parameters(),
                split.of(kind
                        .questions()),
                kind.replies());
    }

    /** Questions with held-out phrasings and values; each ends with the expected call. */
    public static List<Conversation> heldOut(int count) {
        ToolCallSource source = new ToolCallSource(HELD_OUT_SEED, Optional.empty(), Split.HELD_OUT);
        Map<String, Conversation> chats = new LinkedHashMap<>();
        while (chats.size() < count) {
            List<Message> messages = new ArrayList<>();
            List<DefinedTool> tools = source.tools(source.kind());
            source.ask(source.task(tools), messages);
            Conversation chat = source.chat(tools, messages.subList(0, 2));
            chats.putIfAbsent(chat.question(), chat);
        }
        return List.copyOf(chats.values());
    }

    /** Held-out questions that were called for already, with results; each ends with the expected answer. */
    public static List<Conversation> heldOutAnswers(int count) {
        ToolCallSource source = new ToolCallSource(HELD_OUT_SEED + 1, Optional.empty(), Split.HELD_OUT);
        List<Conversation> chats = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<Message> messages = new ArrayList<>();
            List<DefinedTool> tools = source.tools(source.kind());
            source.ask(source.task(tools), messages);
            chats.add(source.chat(tools, messages));
        }
        return chats;
    }

    /** Freely written questions, each with its tools and the expected call; no phrasing makes them. */
    public static List<Conversation> freelyWritten() {
        List<Conversation> chats = new ArrayList<>();
        for (String block : Corpus.text("heldout-tools").strip().split("\n\n+")) {
            List<String> lines = block.lines().toList();
            List<String> tools = lines.stream().filter(line -> line.startsWith("{\"type\"")).toList();
            for (int i = tools.size(); i + 1 < lines.size(); i += 2) {
                String calls = lines.get(i + 1).lines().flatMap(line -> Pattern.compile(" \\| ").splitAsStream(line))
                        .map(call -> "<tool_call>\n" + call + "\n</tool_call>").collect(Collectors.joining("\n"));
                chats.add(
                        new Conversation(Optional.empty(), tools, List.of(Message.user(lines.get(i)), Message.assistant(
                                calls))));
            }
        }
        return List.copyOf(chats);
    }

    @Override
    public Conversation next() {
        Conversation chat = drawn();
        while (chat.texts(Role.USER).stream().map(ConversationGenerator::key).anyMatch(reserved::contains)) {
            chat = drawn();
        }
        return chat;
    }

    private Conversation drawn() {
        List<Message> messages = new ArrayList<>();
        int dice = random.nextInt(100);
        if (dice < 10 && talk.isPresent()) {
            return besides(talk.get());
        }
        ToolKind kind = kind();
        if (dice < 17 && LOOK_UPS.contains(kind.name())) {
            String question = task(List.of(new DefinedTool(kind, random))).question;
            List<DefinedTool> others = random.nextInt(100) < 45
                    ? List.of()
                    : others(List.of(kind), 1 + random.nextInt(2));
            return chat(others, List.of(Message.user(question), Message.assistant(NO_TOOL)));
        }
        List<DefinedTool> tools = tools(kind);
        ask(task(tools), messages);
        if (random.nextInt(100) < 8) {
            ask(task(tools), messages);
        }
        return chat(tools, messages);
    }

    /** A chat that needs no tool, though there are some. */
    private Conversation besides(ConversationSource source) {
        Conversation chat = source.next();
        while (!chat.tools().isEmpty() || chat.texts(Role.USER).stream().anyMatch(text -> COULD_BE_A_TASK.matcher(text)
                .matches())) {
            chat = source.next();
        }
        return new Conversation(chat.system(), definitions(others(List.of(), 1 + random.nextInt(3))), chat.messages());
    }

    private Conversation chat(List<DefinedTool> tools, List<Message> messages) {
        Optional<String> system = random.nextInt(100) < 12
                ? Optional.of(SYSTEMS.get(random.nextInt(SYSTEMS.size())))
                : Optional.empty();
        return new Conversation(system, definitions(tools), messages);
    }

    private static List<String> definitions(List<DefinedTool> tools) {
        return tools.stream().map(DefinedTool::definition).toList();
    }

    /** A tool of a kind among others. */
    private List<DefinedTool> tools(ToolKind kind) {
        int dice = random.nextInt(100);
        List<DefinedTool> tools = others(List.of(kind), dice < 30 ? 0 : dice < 68 ? 1 : dice < 90 ? 2 : 3);
        tools.add(random.nextInt(tools.size() + 1), new DefinedTool(kind, random));
        return tools;
    }

    private List<DefinedTool> others(List<ToolKind> present, int count) {
        List<ToolKind> all = new ArrayList<>(present);
        List<DefinedTool> tools = new ArrayList<>();
        while (tools.size() < count) {
            ToolKind other = random.nextInt(100) < 50 ? kinds.get(random.nextInt(kinds.size())) : kind();
            DefinedTool tool = new DefinedTool(other, random);
            if (all.stream().noneMatch(kind -> alike(kind, other))
                    && tools.stream().noneMatch(one -> one.name().equals(tool
                            .name()))) {
                all.add(other);
                tools.add(tool);
            }
        }
        return tools;
    }

    private static boolean alike(ToolKind one, ToolKind other) {
        String words = one.name().contains(" ") ? one.name().substring(0, one.name().lastIndexOf(' ')) : one.name();
        return one.name().equals(other.name()) || other.name().startsWith(words + " ") || ALIKE.stream().anyMatch(
                set -> set.contains(one.name()) && set.contains(other.name()));
    }

    private ToolKind kind() {
        double at = random.nextDouble() * cumulativeWeights[cumulativeWeights.length - 1];
        for (int i = 0; i < cumulativeWeights.length; i++) {
            if (at < cumulativeWeights[i]) {
                return kinds.get(i);
            }
        }
        return kinds.getLast();
    }

    /** A question for one of the tools, or for two calls at once. */
    private Task task(List<DefinedTool> tools) {
        DefinedTool tool = tools.get(random.nextInt(tools.size()));
        boolean lower = random.nextInt(100) < 22;
        String phrase = slots.pick(tool.kind().questions());
        Map<String, String> values = values(tool, phrase, lower);
        String text = slots.fill(phrase, values);
        List<DefinedTool> called = List.of(tool);
        List<Map<String, String>> given = List.of(values);
        int dice = random.nextInt(100);
        if (dice < 12 && TWICE.contains(tool.kind().name()) && !phrase.contains("<unit>")) {
            String slot = tool.kind().parameters().getFirst().slot();
            Map<String, String> second = values(tool, "<" + slot + ">", lower);
            if (!second.get(slot).equals(values.get(slot))) {
                text = slots.fill(phrase.replace("<" + slot + ">", "<" + slot + "> and " + second.get(slot)), values);
                called = List.of(tool, tool);
                given = List.of(values, second);
            }
        } else if (dice < 20 && tools.size() > 1) {
            DefinedTool other = tools.get(random.nextInt(tools.size()));
            String otherPhrase = slots.pick(other.kind().questions());
            Map<String, String> second = values(other, otherPhrase, lower);
            if (other != tool) {
                String joint = slots.pick(" and ", " and ", ", and ", "? ", "? And ", ". ");
                String otherText = slots.fill(otherPhrase, second);
                text += joint + (joint.length() == 2 && !otherPhrase.startsWith("<")
                        ? SlotValues.capital(otherText)
                        : otherText);
                called = List.of(tool, other);
                given = List.of(values, second);
            }
        }
        return new Task(typed(text, called.getLast().name(), lower || phrase.startsWith("<")), called, given);
    }

    private Map<String, String> values(DefinedTool tool, String phrase, boolean lower) {
        Map<String, String> values = new HashMap<>();
        tool.restrict(values, slots);
        slots.fill(phrase, values);
        if (lower) {
            values.replaceAll((slot, value) -> slot.equals("id") ? value : value.toLowerCase(Locale.ROOT));
        }
        return values;
    }

    /** As people type it. */
    private String typed(String clean, String tool, boolean asItIs) {
        String text = clean;
        int dice = random.nextInt(100);
        if (dice < 8) {
            text = slots.pick(OPENINGS) + " " + text;
        } else if (dice < 15) {
            text += slots.pick(CLOSINGS);
        }
        if (!asItIs && random.nextInt(100) < 80) {
            text = SlotValues.capital(text);
        }
        text += slots.pick(ENDS);
        int hint = random.nextInt(100);
        if (hint < 4) {
            text += " Use the " + tool + " tool.";
        } else if (hint < 6) {
            text += slots.pick(" Call tools simultaneously (in parallel)", " Answer in one sentence.", " Use a tool.");
        }
        return text;
    }

    /** The question, its calls, their results and the answer. */
    private void ask(Task task, List<Message> messages) {
        messages.add(Message.user(task.question));
        List<String> calls = new ArrayList<>();
        List<Message> results = new ArrayList<>();
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < task.tools.size(); i++) {
            Map<String, String> values = task.values.get(i);
            calls.add(task.tools.get(i).call(values));
            ToolKind.Reply reply = slots.pick(task.tools.get(i).kind().replies());
            results.add(Message.tool(slots.fill(reply.result(), values)));
            answers.add(slots.fill(reply.answer(), values));
        }
        messages.add(Message.assistant(String.join("\n", calls)));
        messages.addAll(results);
        messages.add(Message.assistant(String.join(" ", answers)));
    }
}
