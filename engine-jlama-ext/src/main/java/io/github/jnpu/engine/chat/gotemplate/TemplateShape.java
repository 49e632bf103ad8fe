package io.github.jnpu.engine.chat.gotemplate;

import io.github.jnpu.engine.chat.gotemplate.GoTemplate.ThinkingText;
import io.github.jnpu.engine.chat.gotemplate.Node.BranchKind;
import io.github.jnpu.engine.chat.gotemplate.Operand.Command;
import io.github.jnpu.engine.chat.gotemplate.Operand.Pipeline;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What a template's trees tell without being run, by the rules by which Ollama reads them. */
final class TemplateShape {
    private static final String RESPONSE = "Response";

    private final Set<String> identifiers = new TreeSet<>();
    private final Optional<String> toolCallText;
    private String beforeThinking = "";
    private String afterThinking = "";
    private boolean mentionsThinking;

    TemplateShape(Map<String, List<Node>> templates) {
        templates.values().forEach(this::collect);
        List<Node> main = templates.getOrDefault("", List.of());
        toolCallText = toolCallBody(main).flatMap(TemplateShape::firstText);
        findThinking(main, false);
    }

    Set<String> identifiers() {
        return Set.copyOf(identifiers);
    }

    Optional<String> toolCallText() {
        return toolCallText;
    }

    Optional<ThinkingText> thinkingText() {
        return mentionsThinking ? Optional.of(new ThinkingText(beforeThinking, afterThinking)) : Optional.empty();
    }

    private void collect(List<Node> nodes) {
        for (Node node : nodes) {
            switch (node) {
                case Node.Action action -> collect(action.pipeline());
                case Node.Invocation invocation -> invocation.pipeline().ifPresent(this::collect);
                case Node.Branch branch -> {
                    collect(branch.pipeline());
                    collect(branch.body());
                    branch.otherwise().ifPresent(this::collect);
                }
                case Node.Text _,Node.Break _,Node.Continue _ -> {
                }
            }
        }
    }

    private void collect(Pipeline pipeline) {
        for (Command command : pipeline.commands()) {
            for (Operand word : command.words()) {
                switch (word) {
                    case Operand.Field field -> field.names().forEach(this::add);
                    case Operand.Variable variable -> {
                        add(variable.name());
                        variable.fields().forEach(this::add);
                    }
                    case Operand.Nested nested -> collect(nested.pipeline());
                    default -> {
                    }
                }
            }
        }
    }

    private void add(String name) {
        identifiers.add(name.toLowerCase(Locale.ROOT));
    }

    private static boolean mentions(Pipeline pipeline, String name) {
        return pipeline.commands().stream().flatMap(command -> command.words().stream()).anyMatch(
                word -> switch (word) {
                    case Operand.Field field -> field.names().contains(name);
                    case Operand.Nested nested -> mentions(nested.pipeline(), name);
                    default -> false;
                });
    }

    /** The body of the first condition that asks for tool calls itself. */
    private static Optional<List<Node>> toolCallBody(List<Node> nodes) {
        for (Node node : nodes) {
            if (!(node instanceof Node.Branch branch)) {
                continue;
            }
            boolean asks = branch.kind() == BranchKind.IF && branch.pipeline().commands().stream().flatMap(
                    command -> command.words().stream()).anyMatch(
                            word -> word instanceof Operand.Field field && field
                                    .names().contains("ToolCalls"));
            Optional<List<Node>> found = asks
                    ? Optional.of(branch.body())
                    : toolCallBody(branch.body()).or(() -> branch.otherwise().flatMap(TemplateShape::toolCallBody));
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** The first text before anything else is printed; where a branch has none, the search ends. */
    private static Optional<String> firstText(List<Node> nodes) {
        for (Node node : nodes) {
            switch (node) {
                case Node.Text text -> {
                    if (!text.text().isBlank()) {
                        return Optional.of(text.text());
                    }
                }
                case Node.Branch branch -> {
                    return firstText(branch.body()).or(() -> branch.otherwise().flatMap(TemplateShape::firstText));
                }
                case Node.Action _ -> {
                    return Optional.empty();
                }
                case Node.Invocation _,Node.Break _,Node.Continue _ -> {
                }
            }
        }
        return Optional.empty();
    }

    private void findThinking(List<Node> nodes, boolean inMessages) {
        for (Node node : nodes) {
            switch (node) {
                case Node.Action action -> findThinking(action.pipeline(), nodes, inMessages);
                case Node.Invocation invocation -> invocation.pipeline().ifPresent(pipeline -> findThinking(pipeline,
                        nodes, inMessages));
                case Node.Branch branch -> {
                    boolean messages = branch.kind() == BranchKind.RANGE
                            ? startsWith(branch.pipeline(), "Messages")
                            : inMessages;
                    findThinking(branch.pipeline(), nodes, messages);
                    findThinking(branch.body(), messages);
                    branch.otherwise().ifPresent(other -> findThinking(other, messages));
                }
                case Node.Text _,Node.Break _,Node.Continue _ -> {
                }
            }
        }
    }

    private void findThinking(Pipeline pipeline, List<Node> section, boolean inMessages) {
        if (!inMessages || !startsWith(pipeline, "Thinking")) {
            return;
        }
        mentionsThinking = true;
        if (section.getFirst() instanceof Node.Text text) {
            beforeThinking = text.text().strip();
        }
        if (section.getLast() instanceof Node.Text text) {
            afterThinking = text.text().strip();
        }
    }

    private static boolean startsWith(Pipeline pipeline, String name) {
        return pipeline.commands().stream().flatMap(command -> command.words().stream()).anyMatch(
                word -> switch (word) {
                    case Operand.Field field -> field.names().getFirst().equals(name);
                    case Operand.Nested nested -> startsWith(nested.pipeline(), name);
                    default -> false;
                });
    }

    static Map<String, List<Node>> withResponse(Map<String, List<Node>> templates) {
        List<Node> main = new ArrayList<>(templates.getOrDefault("", List.of()));
        int line = main.isEmpty() ? 1 : main.getLast().line();
        main.add(new Node.Action(line, new Pipeline(line, List.of(), false, List.of(new Command(List.of(
                new Operand.Field(List.of(RESPONSE))))))));
        return replaced(templates, main);
    }

    static Map<String, List<Node>> upToResponse(Map<String, List<Node>> templates) {
        return replaced(templates, cut(templates.getOrDefault("", List.of())).nodes());
    }

    private static Map<String, List<Node>> replaced(Map<String, List<Node>> templates, List<Node> main) {
        Map<String, List<Node>> result = new HashMap<>(templates);
        result.put("", List.copyOf(main));
        return result;
    }

    private record Cut(List<Node> nodes, boolean done) {}

    /** Keeps what comes before the first response, and the response, which is the beginning of the answer. */
    private static Cut cut(List<Node> nodes) {
        List<Node> kept = new ArrayList<>();
        for (Node node : nodes) {
            switch (node) {
                case Node.Action action -> {
                    kept.add(action);
                    if (mentions(action.pipeline(), RESPONSE)) {
                        return new Cut(kept, true);
                    }
                }
                case Node.Branch branch -> {
                    Cut body = cut(branch.body());
                    Optional<Cut> other = body.done() ? Optional.empty() : branch.otherwise().map(TemplateShape::cut);
                    kept.add(new Node.Branch(branch.line(), branch.kind(), branch.pipeline(), body.nodes(), other.map(
                            Cut::nodes)));
                    if (body.done() || other.map(Cut::done).orElse(false)) {
                        return new Cut(kept, true);
                    }
                }
                default -> kept.add(node);
            }
        }
        return new Cut(kept, false);
    }
}
