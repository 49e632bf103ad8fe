package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.jnpu.server.api.AnthropicMessage.Block;
import io.github.jnpu.server.api.AnthropicMessage.Usage;
import io.vertx.core.buffer.Buffer;

import java.util.List;
import java.util.Map;

/** The events of a stream of {@code /v1/messages}: blocks one after another, each begun and ended. For one thread. */
final class AnthropicEvents implements AnswerStream {
    private final AnthropicMessage.Shape shape;
    private final int promptTokens;
    private Buffer events = Buffer.buffer();
    private boolean begun;
    private boolean called;
    private int index = -1;
    /** The type of the block that is open; null for none. */
    private String open;

    private record MessageStart(String type, AnthropicMessage message) {}

    private record BlockStart(String type, int index, Block contentBlock) {}

    private record BlockDelta(String type, int index, Delta delta) {}

    private record Delta(String type, String text, String partialJson, String thinking) {}

    private record BlockStop(String type, int index) {}

    private record MessageDelta(String type, StopDelta delta, Usage usage) {}

    /** Both are always there, as in Anthropic's own answers. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    private record StopDelta(String stopReason, String stopSequence) {}

    private record MessageStop(String type) {}

    AnthropicEvents(AnthropicMessage.Shape shape, int promptTokens) {
        this.shape = shape;
        this.promptTokens = promptTokens;
    }

    @Override
    public Buffer piece(AnswerPart part) {
        begin();
        if (part.thinking() != null) {
            enter("thinking", Block.thinking(""));
            delta(new Delta("thinking_delta", null, null, part.thinking()));
        }
        if (!part.content().isEmpty()) {
            enter("text", Block.text(""));
            delta(new Delta("text_delta", part.content(), null, null));
        }
        if (part.calls() != null) {
            part.calls().forEach(this::call);
        }
        return take();
    }

    private void begin() {
        if (!begun) {
            begun = true;
            emit("message_start", new MessageStart("message_start", shape.message(List.of(), null, null, new Usage(
                    promptTokens, 0))));
        }
    }

    private void enter(String type, Block block) {
        if (type.equals(open)) {
            return;
        }
        leave();
        open = type;
        index++;
        emit("content_block_start", new BlockStart("content_block_start", index, block));
    }

    private void leave() {
        if (open != null) {
            emit("content_block_stop", new BlockStop("content_block_stop", index));
            open = null;
        }
    }

    /** The arguments come at once: a call that still grows may turn out to be none. */
    private void call(CalledTool call) {
        called = true;
        leave();
        enter("tool_use", Block.call(call, Map.of()));
        delta(new Delta("input_json_delta", null, WireJson.encode(call.function().arguments()).toString(), null));
        leave();
    }

    private void delta(Delta delta) {
        emit("content_block_delta", new BlockDelta("content_block_delta", index, delta));
    }

    @Override
    public Buffer end(List<Logprob> logprobs, AnswerEnd end) {
        begin();
        leave();
        emit("message_delta", new MessageDelta("message_delta", new StopDelta(shape.reason(end, called), shape
                .stopSequence(end, called)), Usage.of(end.metrics())));
        emit("message_stop", new MessageStop("message_stop"));
        return take();
    }

    private void emit(String name, Object event) {
        events.appendBuffer(WireJson.encodeEvent(name, event));
    }

    private Buffer take() {
        Buffer taken = events;
        events = Buffer.buffer();
        return taken;
    }
}
