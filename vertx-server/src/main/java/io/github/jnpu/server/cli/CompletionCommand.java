package io.github.jnpu.server.cli;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.util.concurrent.Callable;

/** Prints what teaches a shell the commands and options. */
@Command(name = "completion", mixinStandardHelpOptions = true, description = "Print the completion script for a shell.", footer = {
        "", "Examples:",
        "  source <(jnpu completion bash)                                   in ~/.bashrc",
        "  source <(jnpu completion zsh)                                    in ~/.zshrc, after compinit",
        "  jnpu completion fish > ~/.config/fish/completions/jnpu.fish"})
final class CompletionCommand implements Callable<Integer> {
    /** A shell that completes. */
    enum Shell {
        bash, zsh, fish
    }

    @ParentCommand
    private Jnpu jnpu;

    @Parameters(paramLabel = "bash|zsh|fish", description = "The shell.")
    private Shell shell;

    @Override
    public Integer call() {
        CommandLine commands = new CommandLine(jnpu);
        jnpu.console().out().print(switch (shell) {
            // One script for both: in zsh it loads zsh's own bashcompinit first.
            case bash, zsh -> AutoComplete.bash(commands.getCommandName(), commands);
            case fish -> FishCompletion.of(commands);
        });
        return 0;
    }
}
