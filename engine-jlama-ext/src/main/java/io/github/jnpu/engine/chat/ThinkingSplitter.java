package io.github.jnpu.engine.chat;

import io.github.jnpu.engine.chat.AnswerSyntax.ThinkingTags;

/**
 * Separates what a model thinks, {@code <think>...</think>} or the like at the beginning of its answer, from what it says. Takes text
 * in pieces and holds back what may be a part of a tag. For one answer and one thread.
 */
final class ThinkingSplitter {
    /** A piece of both; empty where there is none. */
    record Piece(String content, String thinking) {
        boolean isEmpty() {
            return content.isEmpty() && thinking.isEmpty();
        }
    }

    private enum State {
        BEFORE,
        THINKING_STARTS,
        THINKING,
        CONTENT_STARTS,
        CONTENT
    }

    private final ThinkingTags tags;
    private final StringBuilder held = new StringBuilder();
    private State state;

    /**
     * Starts an answer.
     *
     * @param prompt
     *            the rendered prompt: some templates open the thoughts themselves
     */
    ThinkingSplitter(ThinkingTags tags, String prompt) {
        this.tags = tags;
        this.state = tags.areOpenedBy(prompt) ? State.THINKING_STARTS : State.BEFORE;
    }

    Piece accept(String text) {
        held.append(text);
        return advance(false);
    }

    /** What was held back when no more text comes. */
    Piece finish() {
        return advance(true);
    }

    private Piece advance(boolean end) {
        StringBuilder content = new StringBuilder();
        StringBuilder thinking = new StringBuilder();
        if (state == State.BEFORE) {
            skipTag(end);
        }
        if (state == State.THINKING_STARTS && dropSpace()) {
            state = State.THINKING;
        }
        if (state == State.THINKING) {
            takeThinking(thinking, end);
        }
        if (state == State.CONTENT_STARTS && dropSpace()) {
            state = State.CONTENT;
        }
        if (state == State.CONTENT || end && state == State.BEFORE) {
            content.append(held);
            held.setLength(0);
        }
        return new Piece(content.toString(), thinking.toString());
    }

    private void skipTag(boolean end) {
        String start = held.toString().stripLeading();
        if (start.startsWith(tags.open())) {
            held.setLength(0);
            held.append(start, tags.open().length(), start.length());
            state = State.THINKING_STARTS;
        } else if (end || !tags.open().startsWith(start)) {
            state = State.CONTENT;
        }
    }

    private void takeThinking(StringBuilder thinking, boolean end) {
        int close = held.indexOf(tags.close());
        if (close >= 0) {
            thinking.append(held, 0, close);
            held.delete(0, close + tags.close().length());
            state = State.CONTENT_STARTS;
            return;
        }
        int keep = end ? 0 : possibleTagStart();
        thinking.append(held, 0, held.length() - keep);
        held.delete(0, held.length() - keep);
    }

    /** How many characters at the end may be the beginning of the closing tag. */
    private int possibleTagStart() {
        for (int length = Math.min(tags.close().length() - 1, held.length()); length > 0; length--) {
            if (tags.close().startsWith(held.substring(held.length() - length))) {
                return length;
            }
        }
        return 0;
    }

    /** Drops white space in front; whether anything else is there. */
    private boolean dropSpace() {
        String rest = held.toString().stripLeading();
        held.setLength(0);
        held.append(rest);
        return !rest.isEmpty();
    }
}
