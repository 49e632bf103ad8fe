package io.github.jnpu.langchain4j;

import dev.langchain4j.internal.InternalStreamingChatResponseHandlerUtils;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import io.github.jnpu.engine.Generation;
import io.github.jnpu.engine.GenerationListener;
import io.github.jnpu.engine.GenerationResult;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;

/**
 * Brings one answer from the model's thread to a thread of its own and from there to the handler. Without it a handler
 * that asks the same model again would wait for itself. The queue holds one answer at most.
 */
final class StreamedAnswer implements GenerationListener, StreamingHandle, Answer.Sink {

    private sealed interface Event {
        record Text(String text) implements Event {}

        record Complete(GenerationResult result) implements Event {}

        record Failed(RuntimeException failure) implements Event {}
    }

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final StreamingChatResponseHandler handler;
    private volatile Generation generation;
    private volatile boolean cancelled;

    StreamedAnswer(StreamingChatResponseHandler handler) {
        this.handler = handler;
    }

    /** Starts the generation and calls the handler until it ends. */
    void deliver(Supplier<ChatEngine.Prepared> preparation) {
        try {
            ChatEngine.Prepared prepared = preparation.get();
            generation = prepared.model().generate(prepared.request(), this);
            relay(prepared);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cancel();
        } catch (RuntimeException e) {
            InternalStreamingChatResponseHandlerUtils
                    .withLoggingExceptions(() -> handler.onError(Failures.ofRequest(e)));
        }
    }

    private void relay(ChatEngine.Prepared prepared) throws InterruptedException {
        Answer answer = prepared.answer();
        while (!cancelled) {
            switch (events.take()) {
                case Event.Text(String text) -> answer.accept(text, this);
                case Event.Complete(GenerationResult result) -> {
                    ChatResponse response = answer.finish(result, this);
                    if (!cancelled) {
                        InternalStreamingChatResponseHandlerUtils.onCompleteResponse(handler, response);
                    }
                    return;
                }
                case Event.Failed(RuntimeException failure) -> throw failure;
            }
        }
    }

    @Override
    public void text(String text) {
        if (!cancelled) {
            InternalStreamingChatResponseHandlerUtils.onPartialResponse(handler, text, this);
        }
    }

    @Override
    public void thought(String text) {
        if (!cancelled) {
            InternalStreamingChatResponseHandlerUtils.onPartialThinking(handler, text, this);
        }
    }

    @Override
    public void partial(PartialToolCall call) {
        if (!cancelled) {
            InternalStreamingChatResponseHandlerUtils.onPartialToolCall(handler, call, this);
        }
    }

    @Override
    public void complete(CompleteToolCall call) {
        if (!cancelled) {
            InternalStreamingChatResponseHandlerUtils.onCompleteToolCall(handler, call);
        }
    }

    @Override
    public void onText(String text) {
        events.add(new Event.Text(text));
    }

    @Override
    public void onComplete(GenerationResult result) {
        events.add(new Event.Complete(result));
    }

    @Override
    public void onError(RuntimeException failure) {
        events.add(new Event.Failed(failure));
    }

    @Override
    public void cancel() {
        cancelled = true;
        generation.cancel();
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }
}
