package io.github.jnpu.server.cli;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.store.ModelLocator;
import io.github.jnpu.engine.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;

/** Prints the token ids of a text. */
@Command(name = "tokenize", mixinStandardHelpOptions = true, description = {
        "Print the token ids of standard input, taken as one text in UTF-8.",
        "Every byte counts, the last line break too. No BOS or EOS token is added."}, footer = {"", "Examples:",
                "  printf 'Hello world' | jnpu tokenize -m demo",
                "  jnpu tokenize -m ./model.gguf --json < book.txt"})
final class TokenizeCommand implements Callable<Integer> {
    @ParentCommand
    private Jnpu jnpu;

    @Option(names = {"-m",
            "--model"}, required = true, paramLabel = "MODEL", description = "Whose vocabulary to use; a vocabulary-only file will do.")
    private String model;

    @Option(names = "--special", description = "Text such as <|im_end|> becomes the special token of this name.")
    private boolean special;

    @Option(names = "--json", description = "Print a JSON array instead of ids with spaces between them.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Console console = jnpu.console();
        int[] ids;
        try (ModelSource source = ModelLocator.open(model)) {
            Tokenizer tokenizer = Tokenizer.of(source);
            String text = new String(console.in().readAllBytes(), StandardCharsets.UTF_8);
            ids = tokenizer.encode(text, special);
        }
        StringBuilder line = new StringBuilder();
        String separator = json ? "," : " ";
        for (int id : ids) {
            line.append(line.isEmpty() ? "" : separator).append(id);
        }
        console.out().println(json ? "[" + line + "]" : line);
        return 0;
    }
}
