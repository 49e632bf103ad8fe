package io.github.jnpu.server.api;

import io.github.jnpu.engine.FinishReason;
import io.github.jnpu.engine.GenerationListener;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.SampledToken;
import io.github.jnpu.engine.chat.AnswerEvent;
import io.github.jnpu.engine.chat.AnswerReader;
import io.github.jnpu.server.api.LineSink.SlowClientException;
import io.github.jnpu.server.model.LoadedModels.Lease;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.List;

/** Writes what a model says to a client, in pieces or at once. Runs on the model's thread. */
final class GenerationAnswer implements GenerationListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(GenerationAnswer.class);

    private final RoutingContext routing;
    private final Context context;
    private final LineSink sink;
    private final Lease lease;
    private final AnswerCall.Generate call;
    private final PromptRenderer.Prompt prompt;
    private final long start;
    private final long loadNanos;
    private final AnswerReader reader;
    private final AnswerStream stream;
    private final StringBuilder content = new StringBuilder();
    private final StringBuilder thinking = new StringBuilder();
    private final List<CalledTool> calls = new ArrayList<>();
    /** Not sent yet; where the answer comes at once, all of them. */
    private List<Logprob> logprobs = new ArrayList<>();

    GenerationAnswer(RoutingContext routing, Context context, LineSink sink, Lease lease, AnswerCall.Generate call,
            PromptRenderer.Prompt prompt, long start, long loadNanos) {
        this.routing = routing;
        this.context = context;
        this.sink = sink;
        this.lease = lease;
        this.call = call;
        this.prompt = prompt;
        this.start = start;
        this.loadNanos = loadNanos;
        this.reader = prompt.reader();
        this.stream = call.load().shape().stream(prompt.tokens().length);
    }

    @Override
    public void onTokens(List<SampledToken> tokens) {
        tokens.forEach(token -> logprobs.add(Logprob.of(token)));
    }

    /** A client that does not read holds its own answer up, and no other. */
    @Override
    public boolean isReady() {
        return !call.stream() || sink.isReady();
    }

    @Override
    public void onText(String text) {
        reader.accept(text).forEach(this::add);
        if (!logprobs.isEmpty()) {
            // The text is held back, it may be a part of a call or of a tag; its probabilities need not wait.
            send("", null, null);
        }
    }

    private void add(AnswerEvent event) {
        switch (event) {
            case AnswerEvent.Text(String text) -> {
                say(content, text);
                send(text, null, null);
            }
            case AnswerEvent.Thought(String text) -> {
                say(thinking, text);
                send("", text, null);
            }
            case AnswerEvent.CompleteToolCall call -> {
                calls.add(CalledTool.of(call));
                send("", null, List.of(calls.getLast()));
            }
            case AnswerEvent.PartialToolCall _ -> {
                // The wire has whole calls only.
            }
        }
    }

    /** Keeps what a stream sends at once. */
    private void say(StringBuilder kept, String text) {
        if (!call.stream()) {
            kept.append(text);
        }
    }

    private void send(String text, String thought, List<CalledTool> called) {
        if (call.stream()) {
            Buffer piece = stream.piece(new AnswerPart(text, thought, called, takeLogprobs()));
            if (piece.length() > 0) {
                sink.send(piece);
            }
        }
    }

    private List<Logprob> takeLogprobs() {
        List<Logprob> taken = logprobs;
        logprobs = new ArrayList<>();
        return taken.isEmpty() ? null : taken;
    }

    private static String absentIfEmpty(CharSequence text) {
        return text.isEmpty() ? null : text.toString();
    }

    @Override
    public void onComplete(GenerationResult result) {
        lease.release();
        if (result.finishReason() == FinishReason.CANCELLED) {
            // The client has gone, or the server goes down.
            context.runOnContext(ignored -> Responses.cut(routing));
            return;
        }
        try {
            reader.finish().forEach(this::add);
            String reason = result.finishReason() == FinishReason.STOP ? "stop" : "length";
            List<Integer> ids = call.withContext() ? tokens(result) : null;
            Metrics metrics = Metrics.of(result, System.nanoTime() - start, loadNanos);
            AnswerEnd end = new AnswerEnd(reason, result.stopString().orElse(null), ids, metrics);
            if (call.stream()) {
                // It has had everything in its pieces.
                sink.send(stream.end(takeLogprobs(), end));
                sink.end();
            } else {
                AnswerPart all = new AnswerPart(content.toString(), absentIfEmpty(thinking), calls.isEmpty()
                        ? null
                        : calls, takeLogprobs());
                Object whole = call.load().shape().whole(all, end);
                context.runOnContext(ignored -> Responses.json(routing, whole));
            }
        } catch (SlowClientException e) {
            cut(e);
        }
    }

    private List<Integer> tokens(GenerationResult result) {
        List<Integer> tokens = new ArrayList<>(prompt.tokens().length + result.tokens().size());
        for (int token : prompt.tokens()) {
            tokens.add(token);
        }
        tokens.addAll(result.tokens());
        return tokens;
    }

    @Override
    public void onError(RuntimeException failure) {
        lease.release();
        if (failure instanceof SlowClientException) {
            cut(failure);
        } else {
            context.runOnContext(ignored -> Responses.fail(routing, failure));
        }
    }

    private void cut(RuntimeException failure) {
        LOGGER.info("an answer of {} was cut off: {}", call.load().model().name(), failure.getMessage());
        sink.close();
        context.runOnContext(ignored -> Responses.cut(routing));
    }
}
