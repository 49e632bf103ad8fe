package io.github.jnpu.samples.extract;

import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.UserMessage;
import dev.langchain4j.service.V;
import dev.langchain4j.service.output.OutputParsingException;
import io.github.jnpu.langchain4j.NpuChatModel;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;

/** From text to Java records. */
@Command(name = "extract", description = {"Reads a text and prints what it says as a Java record.",
        "Without a file it takes a text of its own."})
public final class Extract implements Callable<Integer> {
    /** More than most contexts hold. */
    private static final int MAX_BYTES = 1 << 20;
    /** Of a record; a grammar holds its form, but only the model knows when a string is long enough. */
    private static final int MAX_TOKENS = 400;

    /** The records that can be had, each with a text to try. */
    enum Kind {
        PERSON("Clara Lind is 34 years old and lives in Uppsala, where she repairs violins."), INVOICE(
                "Invoice A-1041 of 3 November 2026 for Hallow Books: 2 oak shelves at 129.50 euros and 1 ladder at 80 euros.");

        private final String example;

        Kind(String example) {
            this.example = example;
        }
    }

    /** LangChain4j makes the implementation, and a JSON Schema of what each method returns. */
    interface Reader {
        @UserMessage("Extract information about a person from {{text}}")
        Person person(@V("text") String text);

        @UserMessage("Extract information about an invoice from {{text}}")
        Invoice invoice(@V("text") String text);
    }

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    @Option(names = "--model", paramLabel = "NAME", defaultValue = "demo", description = "A model's name or a GGUF file (default ${DEFAULT-VALUE}).")
    private String modelName;

    @Option(names = "--record", paramLabel = "RECORD", defaultValue = "person", description = "What to look for: ${COMPLETION-CANDIDATES} (default ${DEFAULT-VALUE}).")
    private Kind kind;

    @Parameters(paramLabel = "FILE", arity = "0..1", description = "The text; - for standard input.")
    private Path file;

    @Spec
    private CommandSpec spec;

    private final InputStream input;

    Extract(InputStream input) {
        this.input = input;
    }

    public static void main(String[] arguments) {
        System.exit(commandLine(System.in).execute(arguments));
    }

    static CommandLine commandLine(InputStream input) {
        return new CommandLine(new Extract(input)).setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, arguments) -> fail(e.getCommandLine(), e))
                .setExecutionExceptionHandler((e, command, result) -> fail(command, e));
    }

    private static int fail(CommandLine command, Exception e) {
        String message = switch (e) {
            // Their message is the file's name alone.
            case NoSuchFileException missing -> missing.getFile() + ": no such file";
            case OutputParsingException broken ->
                "the model's answer is not whole; a larger model (--model) or a shorter text will do";
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            default -> String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        };
        command.getErr().println("Error: " + message);
        return 1;
    }

    @Override
    public Integer call() throws IOException {
        String text = text();
        try (NpuChatModel model = NpuChatModel.builder().modelName(modelName).temperature(0.0)
                .maxOutputTokens(MAX_TOKENS).build()) {
            Reader reader = AiServices.create(Reader.class, model);
            out().printf("%s%n%n", text);
            out().flush();
            switch (kind) {
                case PERSON -> print(reader.person(text));
                case INVOICE -> print(reader.invoice(text));
            }
        }
        out().flush();
        return 0;
    }

    private String text() throws IOException {
        if (file == null) {
            return kind.example;
        }
        byte[] content;
        try (InputStream from = file.toString().equals("-") ? input : Files.newInputStream(file)) {
            content = from.readNBytes(MAX_BYTES + 1);
        }
        String text = new String(content, StandardCharsets.UTF_8).strip();
        if (text.isEmpty() || content.length > MAX_BYTES) {
            throw new IOException("%s %s".formatted(file, text.isEmpty()
                    ? "is empty"
                    : "has more than %d MiB".formatted(MAX_BYTES >> 20)));
        }
        return text;
    }

    private void print(Person person) {
        out().printf("Person%n  name  %s%n  age   %d%n  city  %s%n", person.name(), person.age(), person.city());
    }

    private void print(Invoice invoice) {
        out().printf("Invoice %s of %s for %s%n", invoice.number(), invoice.date(), invoice.customer());
        invoice.items().forEach(item -> out().printf(Locale.ROOT, "  %d %s at %.2f%n", item.quantity(), item.article(),
                item.price()));
        out().printf(Locale.ROOT, "  total %.2f %s%n", invoice.total(), invoice.currency());
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
