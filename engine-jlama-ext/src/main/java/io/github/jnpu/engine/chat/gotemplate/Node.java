package io.github.jnpu.engine.chat.gotemplate;

import io.github.jnpu.engine.chat.gotemplate.Operand.Pipeline;

import java.util.List;
import java.util.Optional;

/** A part of a template. */
sealed interface Node {

    int line();

    record Text(int line, String text) implements Node {}

    record Action(int line, Pipeline pipeline) implements Node {}

    enum BranchKind {
        IF,
        RANGE,
        WITH
    }

    /** @param otherwise empty where there is no {@code else} */
    record Branch(int line, BranchKind kind, Pipeline pipeline, List<Node> body,
            Optional<List<Node>> otherwise) implements Node {
        public Branch {
            body = List.copyOf(body);
            otherwise = otherwise.map(List::copyOf);
        }
    }

    record Invocation(int line, String name, Optional<Pipeline> pipeline) implements Node {}

    record Break(int line) implements Node {}

    record Continue(int line) implements Node {}
}
