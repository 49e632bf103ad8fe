package io.github.jnpu.engine.chat.jinja;

import java.util.List;

/** A part of a template that writes text or changes a variable. */
sealed interface Statement {

    record Text(String text) implements Statement {}

    record Output(Expression expression, int line) implements Statement {}

    record If(List<Expression> conditions, List<List<Statement>> bodies, List<Statement> otherwise,
            int line) implements Statement {}

    /**
     * A loop.
     *
     * @param target
     *            a name or a tuple of them
     * @param filter
     *            the condition after {@code if}, or null
     */
    record For(Expression target, Expression items, Expression filter, boolean recursive, List<Statement> body,
            List<Statement> otherwise, int line) implements Statement {}

    /**
     * An assignment.
     *
     * @param target
     *            a name, a tuple of them, or a namespace's attribute
     */
    record Set(Expression target, Expression value, int line) implements Statement {}

    /** {@code {% set x | filter %}...{% endset %}}; the filters' innermost target is null. */
    record SetBlock(Expression target, Expression filters, List<Statement> body, int line) implements Statement {}

    /**
     * A macro.
     *
     * @param extraPositional
     *            whether it takes more than its parameters, because its body mentions {@code varargs}
     * @param extraNamed
     *            likewise for {@code kwargs}
     */
    record Macro(String name, Parameters parameters, List<Statement> body, boolean extraPositional,
            boolean extraNamed, int line) implements Statement {}

    /** A call of a macro that can call the body back as {@code caller}. */
    record CallBlock(Expression.Call call, Macro body, int line) implements Statement {}

    record FilterBlock(Expression filters, List<Statement> body, int line) implements Statement {}

    record With(List<Expression> targets, List<Expression> values, List<Statement> body, int line)
            implements
                Statement {}

    /** A body with a scope of its own that is written where it stands: {@code generation}, {@code block}. */
    record Scoped(List<Statement> body, int line) implements Statement {}

    record Break(int line) implements Statement {}

    record Continue(int line) implements Statement {}

    /** A macro's parameters; the last ones have defaults. */
    record Parameters(List<String> names, List<Expression> defaults) {}
}
