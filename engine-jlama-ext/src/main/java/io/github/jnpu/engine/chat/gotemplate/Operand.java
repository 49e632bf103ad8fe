package io.github.jnpu.engine.chat.gotemplate;

import java.util.List;

/** What a command is made of. */
sealed interface Operand {

    record Dot() implements Operand {}

    record Nil() implements Operand {}

    /** A string, a number or a truth value. */
    record Constant(Object value) implements Operand {}

    /** {@code .A.B} */
    record Field(List<String> names) implements Operand {}

    /** {@code $x.A.B} */
    record Variable(String name, List<String> fields) implements Operand {}

    /** {@code (pipeline).A.B} */
    record Chain(Operand start, List<String> fields) implements Operand {}

    record Function(String name) implements Operand {}

    record Nested(Pipeline pipeline) implements Operand {}

    /** Words separated by spaces: a value, or a function with its arguments. */
    record Command(List<Operand> words) {
        public Command {
            words = List.copyOf(words);
        }
    }

    /**
     * Commands, each handing its result to the next as the last argument.
     *
     * @param variables
     *            what the result is stored in
     * @param assigns
     *            whether they exist already
     */
    record Pipeline(int line, List<String> variables, boolean assigns, List<Command> commands) {
        public Pipeline {
            variables = List.copyOf(variables);
            commands = List.copyOf(commands);
        }
    }
}
