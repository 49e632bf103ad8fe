package io.github.jnpu.server.cli;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.engine.embedding.EmbeddingModel;
import io.github.jnpu.engine.embedding.EmbeddingRequest;
import io.github.jnpu.engine.store.ModelLocator;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.server.model.ModelHeader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** Answers one prompt, or many in a conversation. */
@Command(name = "run", mixinStandardHelpOptions = true, description = {
        "Run a model: answer PROMPT, or start a conversation where none is given.",
        "The model runs in this process; no server is needed. What is piped in is put before PROMPT."}, footer = {"",
                "Examples:",
                "  jnpu run demo \"What does an NPU do?\"",
                "  jnpu run demo                                 a conversation; /? lists its commands",
                "  jnpu run ./model.gguf \"Summarise:\" < report.txt",
                "  jnpu run demo --format json \"Describe a cat.\"",
                "  jnpu run ./model.gguf --raw --temperature 0 --num-predict 64 \"Once upon a time\""})
final class RunCommand implements Callable<Integer> {
    private static final Duration INPUT_NOTICE = Duration.ofSeconds(3);

    @ParentCommand
    private Jnpu jnpu;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A name in the store, 'demo', or a path to a GGUF file.")
    private String model;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "PROMPT", description = "What to answer; several words need no quotes.")
    private List<String> prompt = List.of();

    @Option(names = "--system", paramLabel = "TEXT", description = "Instructions that stand before the conversation.")
    private String system;

    @Option(names = "--raw", description = "Continue PROMPT as it stands, without the model's chat template.")
    private boolean raw;

    @Option(names = "--think", arity = "0..1", fallbackValue = "true", paramLabel = "true|false|low|medium|high|max", description = "Whether, and how hard, a model that can do so thinks before it answers (default: as its template says).")
    private String think;

    @Option(names = "--hidethinking", description = "Do not show what the model thinks.")
    private boolean hideThinking;

    @Option(names = "--nowordwrap", description = "In a conversation, let the terminal break lines where they end.")
    private boolean noWordWrap;

    @Option(names = "--insecure", description = "Pull a missing model over plain HTTP.")
    private boolean insecure;

    @Option(names = "--truncate", arity = "0..1", fallbackValue = "true", defaultValue = "true", paramLabel = "true|false", description = "For embedding models: cut texts that are too long (default), or refuse them.")
    private boolean truncate;

    @Option(names = "--dimensions", paramLabel = "N", description = "For embedding models: keep the first N numbers of a vector.")
    private int dimensions;

    @Option(names = "--verbose", description = "Print durations and rates after each answer, on standard error.")
    private boolean verbose;

    @Mixin
    private GenerationParameters parameters;

    /** How answers are shown. */
    record Display(boolean thoughts, boolean wordWrap, boolean verbose) {}

    @Override
    public Integer call() throws IOException {
        Console console = jnpu.console();
        if (isEmbeddingModel(console)) {
            return embed(console);
        }
        boolean conversation = prompt.isEmpty() && console.isInteractive();
        String text = conversation ? "" : readPrompt(console);
        try (ChatSession session = new ChatSession(console, model, parameters, raw, Optional.ofNullable(system),
                thinking())) {
            if (conversation) {
                try (JLineInput input = JLineInput.open(session::cancel)) {
                    new Repl(console, session, input, ModelStore.ofUser(),
                            new Display(!hideThinking, !noWordWrap, verbose)).run();
                }
                return 0;
            }
            ChatSession.Answer answer = session.answer(text, new AnswerPrinter(console.out(), !hideThinking, 0));
            PrintStream out = console.out();
            out.println();
            out.flush();
            if (verbose) {
                GenerationStatistics.print(console.err(), session.model().placement(), answer.result(),
                        answer.loadDuration());
            }
            return 0;
        }
    }

    private Optional<Thinking> thinking() {
        return Optional.ofNullable(think).map(RunCommand::thinking);
    }

    /**
     * What a word says of thinking.
     *
     * @throws EngineException
     *             if it says nothing
     */
    static Thinking thinking(String wish) {
        return switch (wish) {
            case "true", "false" -> Thinking.of(wish.equals("true"));
            default -> Thinking.ofLevel(wish).orElseThrow(() -> new EngineException(
                    "thinking is true, false, low, medium, high or max, not '%s'".formatted(wish)));
        };
    }

    /** Looks at the model's header. A model that is nowhere is pulled first, as Ollama does. */
    private boolean isEmbeddingModel(Console console) throws IOException {
        try (ModelSource source = open(console)) {
            return ModelHeader.of(source).capabilities().contains("embedding");
        }
    }

    private ModelSource open(Console console) throws IOException {
        try {
            return ModelLocator.open(model);
        } catch (ModelNotFoundException e) {
            if (ModelLocator.looksLikePath(model) || ModelName.parse(model).isEmpty()) {
                throw e;
            }
            PullCommand.pull(console, model, insecure);
            return ModelLocator.open(model);
        }
    }

    private int embed(Console console) throws IOException {
        String text = readPrompt(console);
        try (EmbeddingModel loaded = EmbeddingModel.load(model, parameters.embeddingOptions())) {
            EmbedCommand.print(console.out(), loaded.embed(new EmbeddingRequest(List.of(text), truncate, dimensions,
                    true)).vectors().getFirst());
        }
        return 0;
    }

    /** Reads to the end, as slow as it may come; but a pipe that somebody forgot to close must not look like a hang. */
    private static String readInput(Console console) throws IOException {
        Thread notice = Thread.ofPlatform().daemon().name("input-notice").start(() -> {
            try {
                Thread.sleep(INPUT_NOTICE);
                console.err().println("Waiting for standard input to end (run with </dev/null if there is none) ...");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            return new String(console.in().readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            notice.interrupt();
        }
    }

    private String readPrompt(Console console) throws IOException {
        List<String> parts = new ArrayList<>();
        if (!console.inputIsTerminal()) {
            String piped = readInput(console);
            if (!piped.isEmpty()) {
                parts.add(piped);
            }
        }
        parts.addAll(prompt);
        String text = String.join(" ", parts);
        if (text.isBlank()) {
            throw new EngineException("there is no prompt: neither on the command line nor on standard input");
        }
        return text;
    }
}
