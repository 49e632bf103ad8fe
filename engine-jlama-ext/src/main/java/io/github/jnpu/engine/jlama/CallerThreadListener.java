package io.github.jnpu.engine.jlama;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.Generation;
import io.github.jnpu.engine.GenerationListener;
import io.github.jnpu.engine.GenerationResult;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;

/**
 * Brings text from the model's thread to the caller's, where jlama's callbacks run: a slow one does not hold the model
 * up. The queue holds one answer at most.
 */
final class CallerThreadListener implements GenerationListener {

    private sealed interface Event {
        record Text(String text, float millisecondsPerToken) implements Event {}

        record Complete(GenerationResult result) implements Event {}

        record Failed(RuntimeException failure) implements Event {}
    }

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final int promptTokens;
    private final BiConsumer<String, Float> onText;
    private final long start = System.nanoTime();
    private long firstToken;
    private int pieces;

    CallerThreadListener(int promptTokens, BiConsumer<String, Float> onText) {
        this.promptTokens = promptTokens;
        this.onText = onText;
    }

    @Override
    public void onPromptProcessed() {
        firstToken = System.nanoTime();
    }

    @Override
    public void onText(String text) {
        float nanos = pieces == 0
                ? (float) (firstToken - start) / promptTokens
                : (float) (System.nanoTime() - firstToken) / pieces;
        pieces++;
        events.add(new Event.Text(text, nanos / 1e6f));
    }

    @Override
    public void onComplete(GenerationResult result) {
        events.add(new Event.Complete(result));
    }

    @Override
    public void onError(RuntimeException failure) {
        events.add(new Event.Failed(failure));
    }

    /** Runs the callbacks until the generation ends; cancels it if one of them throws or the thread is interrupted. */
    GenerationResult await(Generation generation) {
        try {
            while (true) {
                switch (events.take()) {
                    case Event.Text(String text, float time) -> onText.accept(text, time);
                    case Event.Complete(GenerationResult result) -> {
                        return result;
                    }
                    case Event.Failed(RuntimeException failure) -> throw failure;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EngineException("the generation was interrupted", e);
        } finally {
            generation.cancel();
        }
    }
}
