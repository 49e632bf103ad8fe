package io.github.jnpu.server.cli;

import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.server.cli.LineInput.Entry;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A conversation at the terminal. Lines that begin with "/" are commands, after Ollama's. */
final class Repl {
    private static final String QUOTES = "\"\"\"";
    private static final String HELP = """
            /set parameter NAME VALUE   change a parameter, such as temperature
            /set system TEXT            change the instructions that stand before the conversation
            /set format json            hold answers to JSON; also a JSON Schema, or @FILE with one
            /set noformat               no longer
            /set think [LEVEL]          let the model think before it answers (low, medium, high, max)
            /set nothink                no longer
            /set wordwrap, nowordwrap   break lines between words, or not
            /set history, nohistory     remember the lines that you type, or not
            /set verbose, /set quiet    print durations and rates, or not
            /show info                  what the model is
            /show parameters            the parameters in force
            /show system                the instructions in force
            /show template              the model's chat template
            /show modelfile, license    more of what the store has on it
            /list                       the models in the store
            /load MODEL                 talk with another model, from the beginning
            /save NAME                  keep parameters, instructions and conversation as a new model
            /clear                      forget the conversation
            /bye                        leave (also Ctrl-D)
            /?                          this help
            \"""                         begins and ends a message of several lines
            Ctrl-C                      stops an answer
            """;

    private final PrintStream out;
    private final PrintStream err;
    private final ChatSession session;
    private final LineInput input;
    private final ModelStore store;
    private final boolean showThoughts;
    private boolean verbose;
    private boolean wordWrap;

    Repl(Console console, ChatSession session, LineInput input, ModelStore store, RunCommand.Display display) {
        this.out = console.out();
        this.err = console.err();
        this.session = session;
        this.input = input;
        this.store = store;
        this.verbose = display.verbose();
        this.wordWrap = display.wordWrap();
        this.showThoughts = display.thoughts();
    }

    /** Runs until the user leaves. */
    void run() {
        while (true) {
            out.flush();
            switch (input.read(">>> ")) {
                case Entry.End() -> {
                    return;
                }
                case Entry.Interrupt() -> out.println("Use Ctrl-D or /bye to leave.");
                case Entry.Line(String text) -> {
                    String line = text.strip();
                    if (line.equals("/bye") || line.equals("/exit")) {
                        return;
                    }
                    take(line);
                }
            }
        }
    }

    /** One mistake must not end the conversation: it is reported, and the prompt comes again. */
    private void take(String line) {
        try {
            if (line.startsWith(QUOTES)) {
                readBlock(line.substring(QUOTES.length())).ifPresent(this::answer);
            } else if (line.startsWith("/")) {
                command(line);
            } else if (!line.isEmpty()) {
                answer(line);
            }
        } catch (EngineException | ModelFormatException | IllegalArgumentException | IOException e) {
            out.flush();
            err.println("Error: " + ErrorMessage.of(e));
        }
    }

    /** The lines up to the closing quotes; nothing if the user thought better of it. */
    private Optional<String> readBlock(String first) {
        StringBuilder block = new StringBuilder();
        String line = first;
        while (true) {
            int end = line.indexOf(QUOTES);
            if (end >= 0) {
                return Optional.of(block.append(line, 0, end).toString()).filter(text -> !text.isBlank());
            }
            block.append(line).append('\n');
            if (!(input.read("... ") instanceof Entry.Line(String text))) {
                return Optional.empty();
            }
            line = text;
        }
    }

    private void answer(String text) {
        ChatSession.Answer answer = session.answer(text, new AnswerPrinter(out, showThoughts, wordWrap
                ? input.width()
                : 0));
        out.println();
        out.println();
        out.flush();
        if (verbose) {
            GenerationStatistics.print(err, session.model().placement(), answer.result(), answer.loadDuration());
        }
    }

    private void command(String line) throws IOException {
        String[] words = line.split("\\s+");
        switch (words[0]) {
            case "/?", "/help" -> out.print(HELP);
            case "/clear" -> {
                session.clear();
                out.println("The conversation is forgotten.");
            }
            case "/set" -> set(line, words);
            case "/show" -> show(words);
            case "/list", "/ls" -> ListCommand.print(out, words.length < 2 ? "" : words[1]);
            case "/load" -> load(words);
            case "/save" -> save(words);
            default -> out.println("Unknown command '%s'; /? lists the commands.".formatted(words[0]));
        }
    }

    private void set(String line, String[] words) {
        switch (words.length < 2 ? "" : words[1]) {
            case "parameter" -> {
                if (words.length < 4) {
                    out.println("Usage: /set parameter NAME VALUE; /show parameters lists the names.");
                    return;
                }
                List<String> values = Arrays.asList(words).subList(3, words.length);
                session.setParameter(words[2], values);
                out.println("Set %s to %s.".formatted(words[2], String.join(" ", values)));
            }
            case "system" -> {
                String text = line.replaceFirst("/set\\s+system\\s*", "");
                Optional<String> system = text.startsWith(QUOTES)
                        ? readBlock(text.substring(QUOTES.length()))
                        : Optional.of(text);
                session.setSystem(system.filter(content -> !content.isBlank()));
                out.println(session.system().isPresent() ? "Set the system message." : "Removed the system message.");
            }
            case "format" -> {
                String format = line.replaceFirst("/set\\s+format\\s*", "");
                session.parameters().setFormat(format.isEmpty() ? "json" : format);
                out.println("Answers are held to " + (format.startsWith("{")
                        ? "the schema."
                        : format.isEmpty()
                                ? "json."
                                : format + "."));
            }
            case "noformat" -> {
                session.parameters().setFormat("");
                out.println("Answers are free.");
            }
            case "think" -> {
                session.setThinking(Optional.of(words.length < 3 ? Thinking.ON : RunCommand.thinking(words[2])));
                out.println("The model thinks before it answers.");
            }
            case "nothink" -> {
                session.setThinking(Optional.of(Thinking.OFF));
                out.println("The model answers at once.");
            }
            case "wordwrap", "nowordwrap" -> {
                wordWrap = words[1].equals("wordwrap");
                out.println(wordWrap ? "Lines are broken between words." : "Lines are broken by the terminal.");
            }
            case "history", "nohistory" -> {
                boolean wanted = words[1].equals("history");
                input.remember(wanted);
                out.println(wanted ? "Lines are remembered." : "Lines are no longer remembered.");
            }
            case "verbose" -> {
                verbose = true;
                out.println("Durations and rates follow each answer.");
            }
            case "quiet" -> {
                verbose = false;
                out.println("Durations and rates are no longer printed.");
            }
            default -> out.println(
                    "Usage: /set parameter NAME VALUE | system TEXT | format FORMAT | noformat | think | nothink | wordwrap | nowordwrap | history | nohistory | verbose | quiet");
        }
    }

    private void show(String[] words) {
        switch (words.length < 2 ? "" : words[1]) {
            case "info" -> ModelSummary.of(session.model().source()).print(out);
            case "parameters" -> {
                session.parameters().values().forEach((name, value) -> out.println("%-20s %s".formatted(name, value)));
                session.parameters().stopStrings().forEach(stop -> out.println("%-20s %s".formatted("stop", stop)));
            }
            case "system" -> out.println(session.system().orElse("No system message is set."));
            case "template" -> out.println(session.template().map(template -> template.source())
                    .orElse("The model has no chat template."));
            case "modelfile" -> out.print(ShowCommand.modelfile(session.modelName()));
            case "license" -> {
                List<String> licenses = session.modelfile().licenses();
                licenses.forEach(out::println);
                if (licenses.isEmpty()) {
                    out.println("No licence is given.");
                }
            }
            default -> out.println("Usage: /show info | parameters | system | template | modelfile | license");
        }
    }

    private void load(String[] words) {
        if (words.length != 2) {
            out.println("Usage: /load MODEL");
            return;
        }
        session.changeModel(words[1]);
        out.println("Now talking with %s.".formatted(words[1]));
    }

    private void save(String[] words) throws IOException {
        if (words.length != 2) {
            out.println("Usage: /save NAME");
            return;
        }
        CreateCommand.save(words[1], session, store);
        out.println("Created new model '%s'.".formatted(words[1]));
    }
}
