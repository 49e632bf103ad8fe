package io.github.jnpu.samples.demo.corpus;

/**
 * Draws chats to learn from, without end. Two sources of the same seed give the same chats. What a source holds out for the
 * measurement it never draws.
 */
public interface ConversationSource {
    Conversation next();
}
