package io.github.jnpu.engine.chat.gotemplate;

import io.github.jnpu.engine.chat.gotemplate.Node.BranchKind;
import io.github.jnpu.engine.chat.gotemplate.Token.Kind;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Builds the trees of a template and of those that it defines. */
final class Parser {
    private static final int MAX_DEPTH = 120;
    private static final Set<String> ENDS = Set.of("end", "else");

    private final PipelineParser pipelines;
    private final Map<String, List<Node>> definitions = new LinkedHashMap<>();
    private int depth;
    private int loops;

    /** A list of nodes and the word that ended it: {@code end}, {@code else}, or none at the end of the source. */
    private record Section(List<Node> nodes, String end) {}

    private Parser(List<Token> tokens) {
        this.pipelines = new PipelineParser(tokens);
    }

    /** The trees by name; the template itself is the one without name. */
    static Map<String, List<Node>> parse(List<Token> tokens) {
        Parser parser = new Parser(tokens);
        Section main = parser.section();
        if (!main.end().isEmpty()) {
            throw parser.pipelines.error("unexpected {{" + main.end() + "}}");
        }
        parser.definitions.put("", main.nodes());
        return parser.definitions;
    }

    private Section section() {
        if (++depth > MAX_DEPTH) {
            throw pipelines.error("the template nests more than " + MAX_DEPTH + " levels deep");
        }
        List<Node> nodes = new ArrayList<>();
        while (true) {
            Token token = pipelines.next();
            switch (token.kind()) {
                case TEXT -> nodes.add(new Node.Text(token.line(), token.text()));
                case END -> {
                    depth--;
                    return new Section(nodes, "");
                }
                default -> {
                    pipelines.skipSpace();
                    Token word = pipelines.peek();
                    if (word.kind() == Kind.IDENTIFIER && ENDS.contains(word.text())) {
                        pipelines.next();
                        depth--;
                        return new Section(nodes, word.text());
                    }
                    action(word).ifPresent(nodes::add);
                }
            }
        }
    }

    private Optional<Node> action(Token word) {
        int line = word.line();
        if (word.kind() == Kind.IDENTIFIER) {
            switch (word.text()) {
                case "if", "range", "with" -> {
                    pipelines.next();
                    return Optional.of(branch(word));
                }
                case "define" -> {
                    pipelines.next();
                    define(pipelines.name("define clause"));
                    return Optional.empty();
                }
                case "block" -> {
                    pipelines.next();
                    String name = pipelines.name("block clause");
                    Operand.Pipeline pipeline = pipelines.pipeline("block clause", false);
                    block(name);
                    return Optional.of(new Node.Invocation(line, name, Optional.of(pipeline)));
                }
                case "template" -> {
                    pipelines.next();
                    String name = pipelines.name("template clause");
                    return Optional.of(new Node.Invocation(line, name, pipelines.endsAction()
                            ? Optional.empty()
                            : Optional.of(pipelines.pipeline("template clause", false))));
                }
                case "break", "continue" -> {
                    pipelines.next();
                    if (!pipelines.endsAction()) {
                        throw pipelines.error("unexpected words in {{" + word.text() + "}}");
                    }
                    if (loops == 0) {
                        throw pipelines.error("{{" + word.text() + "}} outside {{range}}");
                    }
                    return Optional.of(word.text().equals("break") ? new Node.Break(line) : new Node.Continue(line));
                }
                default -> {
                }
            }
        }
        int mark = pipelines.mark();
        Operand.Pipeline pipeline = pipelines.pipeline("command", false);
        pipelines.keepDeclared(mark, pipeline);
        return Optional.of(new Node.Action(line, pipeline));
    }

    private Node branch(Token word) {
        BranchKind kind = BranchKind.valueOf(word.text().toUpperCase(Locale.ROOT));
        int mark = pipelines.mark();
        Operand.Pipeline pipeline = pipelines.pipeline(word.text(), kind == BranchKind.RANGE);
        loops += kind == BranchKind.RANGE ? 1 : 0;
        Section body = section();
        loops -= kind == BranchKind.RANGE ? 1 : 0;
        Optional<List<Node>> otherwise = Optional.empty();
        if (body.end().equals("else")) {
            otherwise = Optional.of(otherwise(kind));
        } else if (body.end().isEmpty()) {
            throw pipelines.error("unexpected EOF");
        } else {
            pipelines.requireEndOfAction("end");
        }
        pipelines.reset(mark);
        return new Node.Branch(word.line(), kind, pipeline, body.nodes(), otherwise);
    }

    private List<Node> otherwise(BranchKind kind) {
        pipelines.skipSpace();
        Token word = pipelines.peek();
        boolean chained = word.kind() == Kind.IDENTIFIER && (kind == BranchKind.IF && word.text().equals("if")
                || kind == BranchKind.WITH && word.text().equals("with"));
        if (chained) {
            // "else if" shares its "end" with the "if" before it.
            if (++depth > MAX_DEPTH) {
                throw pipelines.error("the template nests more than " + MAX_DEPTH + " levels deep");
            }
            pipelines.next();
            List<Node> nodes = List.of(branch(word));
            depth--;
            return nodes;
        }
        pipelines.requireEndOfAction("else");
        Section section = section();
        if (!section.end().equals("end")) {
            throw pipelines.error(section.end().isEmpty() ? "unexpected EOF" : "expected end; found {{else}}");
        }
        pipelines.requireEndOfAction("end");
        return section.nodes();
    }

    private void define(String name) {
        pipelines.requireEndOfAction("define clause");
        if (depth > 1) {
            throw pipelines.error("unexpected {{define}}");
        }
        block(name);
    }

    /** The body of a template, which sees no variable but <code>$</code>. */
    private void block(String name) {
        List<String> outer = pipelines.hideVariables();
        int outerLoops = loops;
        loops = 0;
        Section section = section();
        if (!section.end().equals("end")) {
            throw pipelines.error(section.end().isEmpty() ? "unexpected EOF" : "unexpected {{else}} in " + name);
        }
        pipelines.requireEndOfAction("end");
        loops = outerLoops;
        pipelines.showVariables(outer);
        // As in Go, an empty definition does not replace one with content.
        if (isEmpty(section.nodes()) && definitions.containsKey(name)) {
            return;
        }
        List<Node> before = definitions.put(name, List.copyOf(section.nodes()));
        if (before != null && !isEmpty(before)) {
            throw pipelines.error("multiple definition of template \"" + name + "\"");
        }
    }

    private static boolean isEmpty(List<Node> nodes) {
        return nodes.stream().allMatch(node -> node instanceof Node.Text text && text.text().isBlank());
    }
}
