package io.github.jnpu.engine.chat.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Executes a template's statements once. One render, one thread. */
final class TemplateRenderer {

    /** How a run of statements ended. */
    private enum Flow {
        NEXT, BREAK, CONTINUE
    }

    private final RenderBudget budget;
    private final ExpressionEvaluator evaluator;
    private StringBuilder out = new StringBuilder();
    private int line = 1;

    TemplateRenderer(RenderBudget budget) {
        this.budget = budget;
        this.evaluator = new ExpressionEvaluator(budget);
    }

    /** The line of the statement that runs or that failed. */
    int line() {
        return line;
    }

    String render(List<Statement> statements, Scope globals) {
        run(statements, globals);
        return out.toString();
    }

    Object evaluate(Expression expression, Scope scope) {
        return evaluator.evaluate(expression, scope);
    }

    /** What the statements write, as a value. */
    String capture(List<Statement> statements, Scope scope) {
        budget.enter();
        budget.spendScope();
        StringBuilder outer = out;
        int outerLine = line;
        out = new StringBuilder();
        run(statements, scope);
        String result = out.toString();
        out = outer;
        line = outerLine;
        budget.leave();
        return result;
    }

    private Scope scope(Scope parent) {
        budget.spendScope();
        return new Scope(parent);
    }

    private void write(String text) {
        budget.spend(text.length());
        out.append(text);
    }

    private Flow run(List<Statement> statements, Scope scope) {
        budget.enter();
        for (Statement statement : statements) {
            Flow flow = run(statement, scope);
            if (flow != Flow.NEXT) {
                budget.leave();
                return flow;
            }
        }
        budget.leave();
        return Flow.NEXT;
    }

    private Flow run(Statement statement, Scope scope) {
        switch (statement) {
            case Statement.Text text -> write(text.text());
            case Statement.Output output -> {
                line = output.line();
                write(evaluator.text.str(evaluate(output.expression(), scope)));
            }
            case Statement.If conditional -> {
                return run(chosen(conditional, scope), scope);
            }
            case Statement.For loop -> loop(loop, scope);
            case Statement.Set set -> {
                line = set.line();
                assign(set.target(), evaluate(set.value(), scope), scope);
            }
            case Statement.SetBlock block -> {
                line = block.line();
                String body = capture(block.body(), scope(scope));
                assign(block.target(), filtered(block.filters(), body, scope), scope);
            }
            case Statement.Macro macro -> scope.set(macro.name(), new Macro(macro, scope, this));
            case Statement.CallBlock block -> {
                line = block.line();
                Macro caller = new Macro(block.body(), scope, this);
                write(evaluator.text.str(evaluator.call(block.call(), Map.of("caller", caller), scope)));
            }
            case Statement.FilterBlock block -> {
                line = block.line();
                String body = capture(block.body(), scope(scope));
                write(evaluator.text.str(filtered(block.filters(), body, scope)));
            }
            case Statement.With with -> {
                line = with.line();
                Scope inner = scope(scope);
                for (int i = 0; i < with.targets().size(); i++) {
                    assign(with.targets().get(i), evaluate(with.values().get(i), scope), inner);
                }
                return run(with.body(), inner);
            }
            case Statement.Scoped block -> {
                return run(block.body(), scope(scope));
            }
            case Statement.Break ignored -> {
                return Flow.BREAK;
            }
            case Statement.Continue ignored -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.NEXT;
    }

    private Object filtered(Expression filters, String body, Scope scope) {
        return filters instanceof Expression.Filter filter ? evaluator.filter(filter, body, scope) : body;
    }

    private List<Statement> chosen(Statement.If conditional, Scope scope) {
        line = conditional.line();
        for (int i = 0; i < conditional.conditions().size(); i++) {
            if (PythonOperators.truth(evaluate(conditional.conditions().get(i), scope))) {
                return conditional.bodies().get(i);
            }
        }
        return conditional.otherwise();
    }

    private void loop(Statement.For loop, Scope scope) {
        line = loop.line();
        loop(loop, evaluate(loop.items(), scope), scope, 0);
    }

    private void loop(Statement.For loop, Object items, Scope scope, int depth) {
        line = loop.line();
        List<Object> elements = new ArrayList<>();
        Iterator<?> iterator = evaluator.operators.iterate(items);
        while (iterator.hasNext()) {
            Object element = iterator.next();
            budget.spendElements(1);
            if (loop.filter() == null || passes(loop, element, scope)) {
                elements.add(element);
            }
        }
        if (elements.isEmpty()) {
            run(loop.otherwise(), scope(scope));
            return;
        }
        Invocable recursion = loop.recursive() ? arguments -> recurse(loop, arguments, scope, depth) : null;
        LoopState state = new LoopState(elements, depth, evaluator.operators, recursion);
        for (int i = 0; i < elements.size(); i++) {
            Scope body = scope(scope);
            body.set("loop", state);
            assign(loop.target(), state.advance(), body);
            if (run(loop.body(), body) == Flow.BREAK) {
                break;
            }
        }
    }

    private boolean passes(Statement.For loop, Object element, Scope scope) {
        Scope trial = scope(scope);
        assign(loop.target(), element, trial);
        return PythonOperators.truth(evaluate(loop.filter(), trial));
    }

    private String recurse(Statement.For loop, CallArguments arguments, Scope scope, int depth) {
        budget.enter();
        StringBuilder outer = out;
        out = new StringBuilder();
        loop(loop, arguments.require(0, "iterable"), scope, depth + 1);
        String result = out.toString();
        out = outer;
        budget.leave();
        return result;
    }

    private void assign(Expression target, Object value, Scope scope) {
        switch (target) {
            case Expression.Name name -> scope.set(name.name(), value);
            case Expression.Attribute attribute -> {
                if (!(evaluate(attribute.target(), scope) instanceof Namespace namespace)) {
                    throw new JinjaException("cannot assign attribute on non-namespace object");
                }
                budget.spend(8);
                namespace.attributes().put(attribute.name(), value);
            }
            case Expression.TupleLiteral tuple -> {
                List<Object> values = evaluator.operators.list(value);
                if (values.size() != tuple.elements().size()) {
                    throw new JinjaException("cannot unpack " + values.size() + " values into "
                            + tuple.elements().size() + " names");
                }
                for (int i = 0; i < values.size(); i++) {
                    assign(tuple.elements().get(i), values.get(i), scope);
                }
            }
            default -> throw new JinjaException("cannot assign to this expression");
        }
    }
}
