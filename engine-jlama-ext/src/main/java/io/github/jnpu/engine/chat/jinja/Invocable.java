package io.github.jnpu.engine.chat.jinja;

/** A function, a method with its object, or a macro. */
@FunctionalInterface
interface Invocable {
    Object call(CallArguments arguments);
}
