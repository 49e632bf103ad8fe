package io.github.jnpu.server.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The commands and options as fish's {@code complete} takes them; picocli writes bash's and zsh's only. */
final class FishCompletion {
    private FishCompletion() {}

    static String of(CommandLine root) {
        String name = root.getCommandName();
        List<String> lines = new ArrayList<>();
        lines.add("# Completions of %s for fish; written by '%s completion fish'.".formatted(name, name));
        Map<String, CommandLine> commands = root.getSubcommands();
        commands.forEach((command, line) -> lines.add("complete -c %s -n __fish_use_subcommand -f -a %s -d %s"
                .formatted(name, command, quote(description(line.getCommandSpec())))));
        root.getCommandSpec().options().forEach(option -> lines.add(option(name, "__fish_use_subcommand", option)));
        commands.forEach((command, line) -> line.getCommandSpec().options().stream().filter(option -> !option.hidden())
                .forEach(option -> lines.add(option(name, quote("__fish_seen_subcommand_from " + command), option))));
        return String.join("\n", lines) + "\n";
    }

    private static String option(String program, String condition, OptionSpec option) {
        StringBuilder line = new StringBuilder("complete -c %s -n %s".formatted(program, condition));
        for (String name : option.names()) {
            line.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
        }
        if (option.arity().min() > 0) {
            line.append(" -r");
            List<String> values = values(option);
            if (!values.isEmpty()) {
                line.append(" -f -a ").append(quote(String.join(" ", values)));
            }
        }
        return line.append(" -d ").append(quote(first(option.description()))).toString();
    }

    private static List<String> values(ArgSpec option) {
        List<String> values = new ArrayList<>();
        if (option.completionCandidates() != null) {
            option.completionCandidates().forEach(values::add);
        }
        return values;
    }

    private static String description(CommandSpec command) {
        return first(command.usageMessage().description());
    }

    private static String first(String[] description) {
        return description.length == 0 ? "" : description[0].replace("${DEFAULT-VALUE}", "").replace("%%", "%");
    }

    /** In fish only the backslash and the quote itself mean something between single quotes. */
    private static String quote(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
