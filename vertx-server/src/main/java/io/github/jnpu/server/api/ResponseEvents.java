package io.github.jnpu.server.api;

import io.github.jnpu.server.api.OpenAiResponse.Item;
import io.github.jnpu.server.api.OpenAiResponse.Part;
import io.vertx.core.buffer.Buffer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The events of a stream of {@code /v1/responses}: items one after another, each begun and ended, all numbered. For one thread. */
final class ResponseEvents implements AnswerStream {
    private final OpenAiResponse.Shape shape;
    private final List<Item> output = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private Buffer events = Buffer.buffer();
    private int sequence;
    /** What is being said; it is the item behind those of the output. */
    private Saying saying = Saying.NOTHING;

    private enum Saying {
        NOTHING,
        THOUGHTS,
        TEXT
    }

    private record OfResponse(String type, int sequenceNumber, OpenAiResponse response) {}

    private record OfItem(String type, int sequenceNumber, int outputIndex, Item item) {}

    private record OfPart(String type, int sequenceNumber, String itemId, int outputIndex, int contentIndex,
            Part part) {}

    /** @param delta of an event that adds some; {@code null} for one that has the whole text */
    private record OfText(String type, int sequenceNumber, String itemId, int outputIndex, int contentIndex,
            String delta, String text, List<String> logprobs) {}

    private record OfThoughts(String type, int sequenceNumber, String itemId, int outputIndex, int summaryIndex,
            String delta, String text) {}

    private record OfCall(String type, int sequenceNumber, String itemId, int outputIndex, String delta,
            String arguments) {}

    ResponseEvents(OpenAiResponse.Shape shape) {
        this.shape = shape;
    }

    @Override
    public Buffer piece(AnswerPart part) {
        begin();
        if (part.thinking() != null) {
            think(part.thinking());
        }
        if (!part.content().isEmpty()) {
            say(part.content());
        }
        if (part.calls() != null) {
            part.calls().forEach(this::call);
        }
        return take();
    }

    private void begin() {
        if (sequence == 0) {
            response("created", shape.inProgress());
            response("in_progress", shape.inProgress());
        }
    }

    private void think(String more) {
        if (saying != Saying.THOUGHTS) {
            leave();
            saying = Saying.THOUGHTS;
            item("added", Item.reasoning(thoughtsId(), ""));
        }
        text.append(more);
        summary("delta", more, null);
    }

    private void say(String more) {
        if (saying != Saying.TEXT) {
            leave();
            saying = Saying.TEXT;
            item("added", Item.message(messageId(), null));
            part("added", Part.of(""));
        }
        text.append(more);
        text("delta", more, null);
    }

    /** The arguments come at once: a call that still grows may turn out to be none. */
    private void call(CalledTool call) {
        leave();
        String id = shape.id("fc_", output.size());
        String arguments = Item.arguments(call);
        item("added", Item.call(id, call, false));
        arguments("delta", id, arguments, null);
        arguments("done", id, null, arguments);
        done(Item.call(id, call, true));
    }

    /** Ends what is being said. */
    private void leave() {
        String said = text.toString();
        switch (saying) {
            case NOTHING -> {
                // There is nothing to end.
            }
            case THOUGHTS -> {
                summary("done", null, said);
                done(Item.reasoning(thoughtsId(), said));
            }
            case TEXT -> {
                text("done", null, said);
                part("done", Part.of(said));
                done(Item.message(messageId(), said));
            }
        }
        text.setLength(0);
        saying = Saying.NOTHING;
    }

    private void done(Item item) {
        item("done", item);
        output.add(item);
    }

    private String thoughtsId() {
        return shape.id("rs_", output.size());
    }

    private String messageId() {
        return shape.id("msg_", output.size());
    }

    private void response(String name, OpenAiResponse response) {
        emit("response." + name, type -> new OfResponse(type, sequence, response));
    }

    private void item(String name, Item item) {
        emit("response.output_item." + name, type -> new OfItem(type, sequence, output.size(), item));
    }

    private void part(String name, Part part) {
        emit("response.content_part." + name, type -> new OfPart(type, sequence, messageId(), output.size(), 0, part));
    }

    private void text(String name, String delta, String whole) {
        emit("response.output_text." + name, type -> new OfText(type, sequence, messageId(), output.size(), 0, delta,
                whole, List.of()));
    }

    private void summary(String name, String delta, String whole) {
        emit("response.reasoning_summary_text." + name, type -> new OfThoughts(type, sequence, thoughtsId(), output
                .size(), 0, delta, whole));
    }

    private void arguments(String name, String id, String delta, String whole) {
        emit("response.function_call_arguments." + name, type -> new OfCall(type, sequence, id, output.size(), delta,
                whole));
    }

    private void emit(String type, Function<String, Object> event) {
        events.appendBuffer(WireJson.encodeEvent(type, event.apply(type)));
        sequence++;
    }

    @Override
    public Buffer end(List<Logprob> logprobs, AnswerEnd end) {
        begin();
        leave();
        response("completed", shape.completed(output, end.metrics()));
        return take();
    }

    private Buffer take() {
        Buffer taken = events;
        events = Buffer.buffer();
        return taken;
    }
}
