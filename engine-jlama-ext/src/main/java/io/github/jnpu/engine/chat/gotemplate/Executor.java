package io.github.jnpu.engine.chat.gotemplate;

import io.github.jnpu.engine.chat.gotemplate.GoValue.Field;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Mapping;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Slice;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Struct;
import io.github.jnpu.engine.chat.gotemplate.Operand.Command;
import io.github.jnpu.engine.chat.gotemplate.Operand.Pipeline;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs trees. For one run and one thread. */
final class Executor {
    /**
     * A value that is there and is nil, where {@code null} is none at all. Go tells them apart in one place: a field of the
     * first is an error, one of the second is none again.
     */
    private static final Object NIL = new Object();

    private final Map<String, List<Node>> templates;
    private final ExecutionBudget budget;
    private final Functions functions;
    private final GoFormat format;
    private final StringBuilder out = new StringBuilder();
    private List<Variable> variables = new ArrayList<>();
    private int line = 1;

    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private static final class Variable {
        private final String name;
        private Object value;

        Variable(String name, Object value) {
            this.name = name;
            this.value = value;
        }
    }

    Executor(Map<String, List<Node>> templates, ExecutionBudget budget, Clock clock) {
        this.templates = templates;
        this.budget = budget;
        this.functions = new Functions(budget, clock);
        this.format = new GoFormat(budget);
    }

    /** The line that is being run. */
    int line() {
        return line;
    }

    String run(List<Node> nodes, Object data) {
        variables.add(new Variable("$", data));
        run(nodes, data, variables.size());
        return out.toString();
    }

    /** Runs a section; its variables end with it. */
    private Flow run(List<Node> nodes, Object dot, int mark) {
        for (Node node : nodes) {
            line = node.line();
            budget.spend(1);
            Flow flow = switch (node) {
                case Node.Text text -> {
                    write(text.text());
                    yield Flow.NEXT;
                }
                case Node.Action action -> {
                    Object value = evaluate(action.pipeline(), dot);
                    if (action.pipeline().variables().isEmpty()) {
                        write(format.print(value));
                    }
                    yield Flow.NEXT;
                }
                case Node.Branch branch -> branch(branch, dot);
                case Node.Invocation invocation -> {
                    invoke(invocation, dot);
                    yield Flow.NEXT;
                }
                case Node.Break _ -> Flow.BREAK;
                case Node.Continue _ -> Flow.CONTINUE;
            };
            if (flow != Flow.NEXT) {
                reset(mark);
                return flow;
            }
        }
        reset(mark);
        return Flow.NEXT;
    }

    private void reset(int mark) {
        variables.subList(mark, variables.size()).clear();
    }

    private void write(String text) {
        budget.spend(text.length());
        out.append(text);
    }

    private Flow branch(Node.Branch branch, Object dot) {
        budget.enter();
        int mark = variables.size();
        Flow flow = switch (branch.kind()) {
            case IF, WITH -> {
                Object value = evaluate(branch.pipeline(), dot);
                boolean with = branch.kind() == Node.BranchKind.WITH;
                if (Truth.of(value)) {
                    yield run(branch.body(), with ? value : dot, variables.size());
                }
                yield branch.otherwise().isPresent()
                        ? run(branch.otherwise().get(), dot, variables.size())
                        : Flow.NEXT;
            }
            case RANGE -> range(branch, dot);
        };
        reset(mark);
        budget.leave();
        return flow;
    }

    private Flow range(Node.Branch branch, Object dot) {
        int mark = variables.size();
        Object value = evaluate(branch.pipeline(), dot);
        boolean ran = false;
        switch (value) {
            case null -> {
            }
            case Slice slice -> {
                for (int i = 0; i < slice.elements().size(); i++) {
                    ran = true;
                    if (!iterate(branch, mark, (long) i, present(slice.elements().get(i)))) {
                        break;
                    }
                }
            }
            case Mapping mapping -> {
                for (Map.Entry<String, Object> entry : mapping.entries().entrySet()) {
                    ran = true;
                    if (!iterate(branch, mark, entry.getKey(), present(entry.getValue()))) {
                        break;
                    }
                }
            }
            case Long count -> {
                if (branch.pipeline().variables().size() > 1) {
                    throw new GoTemplateException("can't use " + count + " to iterate over more than one variable");
                }
                for (long i = 0; i < count; i++) {
                    ran = true;
                    if (!iterate(branch, mark, i, i)) {
                        break;
                    }
                }
            }
            default -> throw new GoTemplateException("range can't iterate over " + format.print(value));
        }
        return ran || branch.otherwise().isEmpty() ? Flow.NEXT : run(branch.otherwise().get(), dot, variables.size());
    }

    private static Object present(Object value) {
        return value == null ? NIL : value;
    }

    /** One turn of a loop; whether the loop goes on. */
    private boolean iterate(Node.Branch branch, int mark, Object key, Object element) {
        budget.spend(1);
        List<String> names = branch.pipeline().variables();
        if (!names.isEmpty()) {
            Object last = element == NIL ? null : element;
            if (branch.pipeline().assigns()) {
                assign(names.getLast(), last);
                if (names.size() > 1) {
                    assign(names.getFirst(), key);
                }
            } else {
                // The pipeline's own declaration comes first on the stack.
                variables.get(mark + names.size() - 1).value = last;
                if (names.size() > 1) {
                    variables.get(mark).value = key;
                }
            }
        }
        return run(branch.body(), element, variables.size()) != Flow.BREAK;
    }

    private void invoke(Node.Invocation invocation, Object dot) {
        List<Node> nodes = templates.get(invocation.name());
        if (nodes == null) {
            throw new GoTemplateException("template \"" + invocation.name() + "\" not defined");
        }
        Object data = invocation.pipeline().isPresent() ? evaluate(invocation.pipeline().get(), dot) : null;
        budget.enter();
        List<Variable> outer = variables;
        variables = new ArrayList<>();
        variables.add(new Variable("$", data));
        run(nodes, data, 1);
        variables = outer;
        budget.leave();
    }

    /** The pipeline's value, stored where it says. */
    private Object evaluate(Pipeline pipeline, Object dot) {
        line = pipeline.line();
        budget.enter();
        Object value = null;
        boolean first = true;
        for (Command command : pipeline.commands()) {
            value = evaluate(command, dot, value, !first);
            if (value == NIL) {
                value = null;
            }
            first = false;
        }
        for (String name : pipeline.variables()) {
            if (pipeline.assigns()) {
                assign(name, value);
            } else {
                variables.add(new Variable(name, value));
            }
        }
        budget.leave();
        return value;
    }

    private void assign(String name, Object value) {
        for (int i = variables.size() - 1; i >= 0; i--) {
            if (variables.get(i).name.equals(name)) {
                variables.get(i).value = value;
                return;
            }
        }
        throw new GoTemplateException("undefined variable: " + name);
    }

    private Object evaluate(Command command, Object dot, Object piped, boolean hasPiped) {
        Operand first = command.words().getFirst();
        List<Operand> rest = command.words().subList(1, command.words().size());
        if (first instanceof Operand.Function function) {
            return call(function.name(), rest, dot, piped, hasPiped);
        }
        if (first instanceof Operand.Nil) {
            throw new GoTemplateException("nil is not a command");
        }
        if (!rest.isEmpty() || hasPiped) {
            throw new GoTemplateException(first instanceof Operand.Field field
                    ? field.names().getLast() + " has arguments but cannot be invoked as function"
                    : "can't give argument to non-function " + describe(first));
        }
        return evaluate(first, dot);
    }

    private static String describe(Operand operand) {
        return switch (operand) {
            case Operand.Constant constant -> String.valueOf(constant.value());
            case Operand.Variable variable -> variable.name();
            case Operand.Dot _ -> ".";
            default -> "(pipeline)";
        };
    }

    private Object evaluate(Operand operand, Object dot) {
        budget.spend(1);
        return switch (operand) {
            case Operand.Dot _ -> dot;
            case Operand.Nil _ -> null;
            case Operand.Constant constant -> constant.value();
            case Operand.Field field -> fields(dot, field.names());
            case Operand.Variable variable -> fields(variable(variable.name()), variable.fields());
            case Operand.Chain chain -> fields(evaluate(chain.start(), dot), chain.fields());
            case Operand.Nested nested -> evaluate(nested.pipeline(), dot);
            case Operand.Function function -> call(function.name(), List.of(), dot, null, false);
        };
    }

    private Object variable(String name) {
        for (int i = variables.size() - 1; i >= 0; i--) {
            if (variables.get(i).name.equals(name)) {
                return variables.get(i).value;
            }
        }
        throw new GoTemplateException("undefined variable: " + name);
    }

    private static Object fields(Object start, List<String> names) {
        Object value = start;
        for (String name : names) {
            value = switch (value) {
                case null -> null;
                case Mapping mapping -> present(mapping.entries().get(name));
                case Struct struct -> present(field(struct, name));
                default -> throw new GoTemplateException(value == NIL
                        ? "nil pointer evaluating interface {}." + name
                        : "can't evaluate field " + name + " in type " + GoFormat.type(value));
            };
        }
        return value;
    }

    static Object field(Struct struct, String name) {
        for (Field field : struct.fields()) {
            if (field.name().equals(name)) {
                return field.value();
            }
        }
        throw new GoTemplateException("can't evaluate field " + name + " in type " + struct.type());
    }

    private Object call(String name, List<Operand> words, Object dot, Object piped, boolean hasPiped) {
        boolean isAnd = name.equals("and");
        if (isAnd || name.equals("or")) {
            Object value = null;
            if (words.isEmpty() && !hasPiped) {
                throw new GoTemplateException("wrong number of args for " + name + ": want at least 1 got 0");
            }
            // What comes after the one that decides is not evaluated.
            for (Operand word : words) {
                value = argument(word, dot);
                if (Truth.of(value) != isAnd) {
                    return value;
                }
            }
            return hasPiped ? piped : value;
        }
        List<Object> arguments = new ArrayList<>();
        for (Operand word : words) {
            arguments.add(argument(word, dot));
        }
        if (hasPiped) {
            arguments.add(piped);
        }
        return functions.call(name, arguments);
    }

    private Object argument(Operand word, Object dot) {
        Object value = evaluate(word, dot);
        return value == NIL ? null : value;
    }
}
