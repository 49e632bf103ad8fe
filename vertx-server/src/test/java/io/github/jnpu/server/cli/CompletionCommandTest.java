package io.github.jnpu.server.cli;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/** The scripts, in the shells that they are for. */
class CompletionCommandTest {
    @TempDir
    Path folder;

    private String complete(String shell, String program, String... options) throws Exception {
        Assumptions.assumeTrue(isThere(shell), "needs the shell " + shell);
        CommandLineRun run = CommandLineRun.of("completion", shell);
        assertThat(run.code()).as(run.err()).isZero();
        Path script = Files.writeString(folder.resolve("script"), run.out());
        String[] command = new String[options.length + 3];
        command[0] = shell;
        System.arraycopy(options, 0, command, 1, options.length);
        command[options.length + 1] = "-c";
        command[options.length + 2] = program.replace("SCRIPT", script.toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        return printed;
    }

    private static boolean isThere(String shell) {
        for (String path : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(path, shell))) {
                return true;
            }
        }
        return false;
    }

    @Test
    void bashCompletesCommandsAndOptions() throws Exception {
        String line = """
                source SCRIPT
                COMP_WORDS=(jnpu %s); COMP_CWORD=1; _complete_jnpu; printf '%%s\\n' "${COMPREPLY[@]}"
                COMP_WORDS=(jnpu create --qu); COMP_CWORD=2; _complete_jnpu; printf '%%s\\n' "${COMPREPLY[@]}"
                """;
        assertThat(complete("bash", line.formatted("pe")).lines()).contains("perplexity", "--quantize");
    }

    @Test
    void zshTakesTheScript() throws Exception {
        assertThat(complete("zsh",
                "autoload -U +X compinit && compinit -u; source SCRIPT; print -r -- ${_comps[jnpu]}", "-f"))
                .contains("_complete_jnpu");
    }

    @Test
    void fishCompletesCommandsAndOptions() throws Exception {
        assertThat(complete("fish", "source SCRIPT; complete -C 'jnpu pe'; complete -C 'jnpu create --qu'")).contains(
                "perplexity\tMeasure", "--quantize\tTurn");
    }

    @Test
    void anotherShellIsRefused() throws IOException {
        CommandLineRun run = CommandLineRun.of("completion", "csh");

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("expected one of [bash, zsh, fish]");
    }
}
