package io.github.jnpu.server.cli;

import io.github.jnpu.server.JnpuVersion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.Locale;

/**
 * The command {@code jnpu}.
 *
 * <p>Exit codes: 0 done, 1 failed, 2 wrong usage, 141 nobody reads the output any more (as a shell says for SIGPIPE).
 */
@Command(name = "jnpu", versionProvider = Jnpu.Version.class, mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND", description = "Runs language models inside the JVM.", subcommands = {
        ServeCommand.class, RunCommand.class, ListCommand.class, ShowCommand.class, PsCommand.class, StopCommand.class,
        PullCommand.class, PushCommand.class, CreateCommand.class, CopyCommand.class, RemoveCommand.class,
        DevicesCommand.class, EmbedCommand.class, TokenizeCommand.class, PerplexityCommand.class, BenchCommand.class,
        ConvertCommand.class, CompletionCommand.class}, footer = {"",
                "Examples:",
                "  jnpu run demo \"What does an NPU do?\"",
                "  jnpu run ./model.gguf",
                "  jnpu serve",
                "",
                "MODEL is a name from 'jnpu list', 'demo' for the model that comes with jnpu, or a path to a GGUF file.",
                "'jnpu COMMAND --help' explains a command."})
public final class Jnpu implements Runnable {
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final int OUTPUT_CLOSED = 141;

    private final Console console;

    @Spec
    private CommandSpec spec;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show the stack trace of an error (also: JNPU_DEBUG=1).")
    private boolean debug = "1".equals(System.getenv("JNPU_DEBUG"));

    Jnpu(Console console) {
        this.console = console;
    }

    Console console() {
        return console;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** Runs a command line and gives its exit code. */
    static int execute(Console console, String... arguments) {
        Jnpu jnpu = new Jnpu(console);
        CommandLine commandLine = new CommandLine(jnpu)
                .setOut(new PrintWriter(console.out(), true))
                .setErr(new PrintWriter(console.err(), true))
                .setColorScheme(CommandLine.Help.defaultColorScheme(
                        console.wantsColours() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF))
                .setUsageHelpAutoWidth(console.outputIsTerminal())
                .setCaseInsensitiveEnumValuesAllowed(true)
                // A schema's file is written so, and so may a prompt begin.
                .setExpandAtFiles(false)
                .setParameterExceptionHandler(Jnpu::explainUsage)
                .setExecutionExceptionHandler((failure, command, result) -> jnpu.explain(failure));
        int code;
        try {
            code = commandLine.execute(arguments);
        } catch (Error failure) {
            code = jnpu.explain(failure);
        }
        console.err().flush();
        // PrintStream keeps write errors to itself; a full disk and a closed pipe both end up here.
        return console.out().checkError() && code == 0 ? OUTPUT_CLOSED : code;
    }

    private static int explainUsage(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("Error: " + ErrorMessage.of(failure));
        err.println("Run '%s --help' for usage.".formatted(command.getCommandSpec().qualifiedName()));
        return USAGE;
    }

    private int explain(Throwable failure) {
        if (failure instanceof OutputClosedException) {
            return OUTPUT_CLOSED;
        }
        console.out().flush();
        console.err().println("Error: " + ErrorMessage.of(failure));
        if (debug) {
            failure.printStackTrace(console.err());
        }
        return FAILED;
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[]{"jnpu version " + JnpuVersion.full()};
        }
    }

    public static void main(String[] arguments) {
        StandardError.restore();
        // Figures and messages look the same on every machine.
        Locale.setDefault(Locale.ROOT);
        int code = execute(Console.standard(), arguments);
        System.exit(code);
    }
}
