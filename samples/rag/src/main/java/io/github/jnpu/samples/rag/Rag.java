package io.github.jnpu.samples.rag;

import dev.langchain4j.exception.LangChain4jException;
import io.github.jnpu.langchain4j.NpuStreamingChatModel;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Questions to a folder of documents, answered with their sources; the command line. */
@Command(name = "rag", description = {
        "Answers questions from a folder of Markdown and text files, and shows where the answers come from.",
        "Without a command it asks you for questions; an empty line ends it."})
public final class Rag implements Callable<Integer> {
    private static final Duration PROGRESS_INTERVAL = Duration.ofSeconds(2);

    @Option(names = {"-h",
            "--help"}, usageHelp = true, scope = CommandLine.ScopeType.INHERIT, description = "Show this help.")
    private boolean help;

    @Option(names = "--model", paramLabel = "NAME", defaultValue = "demo", description = "What answers: a model's name or a GGUF file (default ${DEFAULT-VALUE}).")
    private String modelName;

    @Option(names = "--embedding", paramLabel = "NAME", defaultValue = "all-minilm", description = "What embeds (default ${DEFAULT-VALUE}).")
    private String embeddingName;

    @Option(names = "--store", paramLabel = "DIR", description = "Where the passages are kept.")
    private Path directory = home().resolve("target").resolve("store");

    @Spec
    private CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Rag()).setParameterExceptionHandler((e, arguments) -> fail(e.getCommandLine(), e))
                .setExecutionExceptionHandler((e, command, result) -> fail(command, e));
    }

    private static int fail(CommandLine command, Exception e) {
        String message = e instanceof NoSuchFileException ? e.getMessage() + ": no such file" : e.getMessage();
        command.getErr().println("Error: " + String.valueOf(message).lines().findFirst().orElse(""));
        return 1;
    }

    /** The sample's own folder, which has a corpus and questions; its Maven profile says where that is. */
    private static Path home() {
        return Path.of(System.getProperty("sample.home", ""));
    }

    /** Asks for questions. */
    @Override
    public Integer call() throws IOException {
        BufferedReader typed = new BufferedReader(new InputStreamReader(System.in));
        return converse(() -> {
            out().print("> ");
            out().flush();
            String line = typed.readLine();
            return line == null || line.isBlank() ? null : line;
        });
    }

    @Command(name = "ask", description = "Answer one question.")
    int ask(@Parameters(paramLabel = "QUESTION", arity = "1..*", description = "In one or more words.") List<String> words)
            throws IOException {
        String question = String.join(" ", words);
        if (question.isBlank()) {
            throw new IOException("the question is empty");
        }
        String[] rest = {question, null};
        int[] next = {0};
        return converse(() -> rest[next[0]++]);
    }

    @Command(name = "ingest", description = {
            "Take a folder's .md and .txt files into the store, in the place of any other folder's.",
            "Files that did not change are passed over."})
    int ingest(@Parameters(paramLabel = "DIR", description = "Sub-folders count, too.") Path folder)
            throws IOException {
        try (EmbeddingChoice embedding = EmbeddingChoice.of(embeddingName)) {
            ingest(store(embedding), folder);
        }
        return 0;
    }

    @Command(name = "measure", description = "Ask questions whose answers are known, and count.")
    int measure(
            @Option(names = "--corpus", paramLabel = "DIR", description = "The documents; by default this sample's.") Path corpus,
            @Option(names = "--questions", paramLabel = "FILE", description = "Question, document and sentence in three columns with tabs between them; by default this sample's.") Path table,
            @Option(names = "--answers", paramLabel = "N", defaultValue = "200", description = "How many questions the chat model answers, too (default ${DEFAULT-VALUE}).") int answers,
            @Option(names = "--compare", paramLabel = "MODEL", description = "Do the same with this embedding model: langchain4j, jlama=DIR, or what --embedding takes.") List<String> peers)
            throws IOException {
        if (answers < 0) {
            throw new IOException("--answers must not be negative, is " + answers);
        }
        Path documents = corpus == null ? home().resolve("corpus") : corpus;
        List<Question> questions = Question.read(table == null ? home().resolve("questions.tsv") : table);
        List<String> names = Stream.concat(Stream.of(embeddingName), peers == null
                ? Stream.<String>empty()
                : peers.stream()).toList();
        for (String name : names) {
            EmbeddingChoice.check(name);
        }
        out().println(Measurement.machine());
        for (String name : names) {
            try (EmbeddingChoice embedding = EmbeddingChoice.of(name)) {
                Measurement.Retrieval found = Measurement.retrieval(embedding, documents, questions);
                out().printf("%d documents, %d passages, %d questions%n", found.documents(), found.passages(),
                        questions.size());
                Measurement.lines(embedding, found).forEach(out()::println);
                out().flush();
            }
        }
        List<Question> asked = questions.subList(0, Math.min(answers, questions.size()));
        if (!asked.isEmpty()) {
            try (EmbeddingChoice embedding = EmbeddingChoice.of(embeddingName); NpuStreamingChatModel chat = chat()) {
                PassageStore store = store(embedding);
                ingest(store, documents);
                Measurement.Answering given = Measurement.answering(new DocumentAssistant(chat, embedding.model(),
                        store.passages()), asked, progress());
                out().printf("%d questions asked%n", asked.size());
                Measurement.lines(modelName, given).forEach(out()::println);
            }
        }
        out().flush();
        return 0;
    }

    /** Where the next question comes from; null at the end. */
    private interface Questions {
        String next() throws IOException;
    }

    private int converse(Questions questions) throws IOException {
        try (EmbeddingChoice embedding = EmbeddingChoice.of(embeddingName); NpuStreamingChatModel chat = chat()) {
            PassageStore store = store(embedding);
            ingest(store, store.folder().orElse(home().resolve("corpus")));
            DocumentAssistant assistant = new DocumentAssistant(chat, embedding.model(), store.passages());
            for (String question = questions.next(); question != null; question = questions.next()) {
                try {
                    print(assistant.answer(question, text -> {
                        out().print(text);
                        out().flush();
                    }));
                } catch (LangChain4jException e) {
                    out().printf("%nNo answer: %s%n", e.getMessage());
                }
            }
        }
        return 0;
    }

    private NpuStreamingChatModel chat() {
        return NpuStreamingChatModel.builder().modelName(modelName).temperature(0.0).build();
    }

    private PassageStore store(EmbeddingChoice embedding) throws IOException {
        return new PassageStore(directory, embedding.model(), embedding.name());
    }

    private void ingest(PassageStore store, Path folder) throws IOException {
        PassageStore.Changes changes = store.ingest(folder, progress());
        changes.skipped().forEach(reason -> spec.commandLine().getErr().println("Skipped: " + reason));
        out().printf("%s: %d documents new, %d changed, %d removed, %d as before; %d passages%n", folder,
                changes.added(),
                changes.changed(), changes.removed(), changes.unchanged(), store.size());
        out().flush();
    }

    private void print(DocumentAssistant.Answer answer) {
        out().println();
        if (answer.sources().isEmpty()) {
            out().println("No passage comes near this question; the answer is the model's own.");
        }
        boolean quotes = false;
        for (DocumentAssistant.Source source : answer.sources()) {
            List<String> quoted = source.quotedIn(answer.text());
            quotes |= !quoted.isEmpty();
            out().printf(Locale.ROOT, "%n[%s] %s, score %.2f%s%n%s%n", source.file(), source.heading(), source.score(),
                    quoted.isEmpty() ? "" : ", quoted in the answer", source.text().indent(4).stripTrailing());
        }
        if (!quotes && !answer.sources().isEmpty()) {
            out().printf("%nThe answer quotes none of these passages: read them before you believe it.%n");
        }
        out().flush();
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** Prints what is heard, but no more often than somebody wants to read. */
    private Consumer<String> progress() {
        long[] last = {System.nanoTime()};
        return text -> {
            if (System.nanoTime() - last[0] > PROGRESS_INTERVAL.toNanos()) {
                last[0] = System.nanoTime();
                spec.commandLine().getErr().println(text);
                spec.commandLine().getErr().flush();
            }
        };
    }
}
