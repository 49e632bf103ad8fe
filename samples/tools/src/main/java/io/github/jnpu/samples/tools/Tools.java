package io.github.jnpu.samples.tools;

import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.tool.ToolErrorHandlerResult;
import io.github.jnpu.langchain4j.NpuChatModel;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;

/** A model that calls Java methods. */
@Command(name = "tools", description = {
        "Lets a model answer with the help of Java methods: weather, time, a calculator.",
        "Without a question it asks three of its own."})
public final class Tools implements Callable<Integer> {
    private static final List<String> EXAMPLES = List.of("What is the weather in Oslo?", "What time is it in Tokyo?",
            "What is 17 * 23?");
    /** Small models sometimes call again and again. */
    private static final int MAX_ROUND_TRIPS = 4;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    @Option(names = "--model", paramLabel = "NAME", defaultValue = "demo", description = "A model that has tools: its name or a GGUF file (default ${DEFAULT-VALUE}).")
    private String modelName;

    @Parameters(paramLabel = "QUESTION", description = "In one or more words.")
    private List<String> words = List.of();

    @Spec
    private CommandSpec spec;

    private final Clock clock;

    /** LangChain4j makes the implementation. */
    interface Assistant {
        String answer(String question);
    }

    Tools(Clock clock) {
        this.clock = clock;
    }

    public static void main(String[] arguments) {
        System.exit(commandLine(Clock.systemUTC()).execute(arguments));
    }

    static CommandLine commandLine(Clock clock) {
        return new CommandLine(new Tools(clock)).setParameterExceptionHandler((e, arguments) -> fail(e.getCommandLine(),
                e)).setExecutionExceptionHandler((e, command, result) -> fail(command, e));
    }

    private static int fail(CommandLine command, Exception e) {
        String remedy = e instanceof UnsupportedFeatureException
                ? "; take a model that has tools, for example --model qwen3:1.7b after ./jnpu pull qwen3:1.7b"
                : "";
        command.getErr().println("Error: " + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + remedy);
        return 1;
    }

    @Override
    public Integer call() {
        try (NpuChatModel model = NpuChatModel.builder().modelName(modelName).temperature(0.0).build()) {
            Assistant assistant = assistant(model);
            for (String question : words.isEmpty() ? EXAMPLES : List.of(String.join(" ", words))) {
                out().printf("> %s%n", question);
                out().flush();
                out().println(assistant.answer(question));
                out().flush();
            }
        }
        return 0;
    }

    private Assistant assistant(ChatModel model) {
        return AiServices.builder(Assistant.class).chatModel(model).tools(new Weather(), new WorldClock(clock),
                new Calculator()).maxToolCallingRoundTrips(MAX_ROUND_TRIPS)
                // What a model gets wrong it is told, so that it can do better.
                .toolArgumentsErrorHandler((error, context) -> ToolErrorHandlerResult.text("Error: " + error
                        .getMessage()))
                .toolExecutionErrorHandler((error, context) -> ToolErrorHandlerResult.text("Error: " + error
                        .getMessage()))
                .hallucinatedToolNameStrategy(call -> ToolExecutionResultMessage.from(call,
                        "Error: there is no tool " + call.name()))
                .afterToolExecution(execution -> out().printf("  %s(%s) = %s%n", execution.request().name(), execution
                        .request().arguments(), execution.result()))
                .build();
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
