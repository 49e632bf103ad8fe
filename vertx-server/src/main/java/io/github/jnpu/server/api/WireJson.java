package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonInclude.Value;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.vertx.core.buffer.Buffer;

/** Answers as JSON: snake case, absent fields left out. */
final class WireJson {
    static final ObjectMapper MAPPER = JsonMapper.builder().addModule(new Jdk8Module())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            // Absent fields go, but entries of maps stay: a null there is an array that was not asked for.
            .defaultPropertyInclusion(Value.construct(Include.NON_NULL, Include.ALWAYS)).build();

    /** What closes a stream of server-sent events, as OpenAI's clients expect it. */
    static final Buffer LAST_EVENT = Buffer.buffer("data: [DONE]\n\n");

    private WireJson() {}

    static Buffer encode(Object value) {
        try {
            return Buffer.buffer(MAPPER.writeValueAsBytes(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer of type %s cannot be written".formatted(value.getClass()), e);
        }
    }

    /** One line of a stream. */
    static Buffer encodeLine(Object value) {
        return encode(value).appendByte((byte) '\n');
    }

    /** A server-sent event without a name. */
    static Buffer encodeEvent(Object value) {
        return Buffer.buffer("data: ").appendBuffer(encode(value)).appendString("\n\n");
    }

    /** A server-sent event with a name. */
    static Buffer encodeEvent(String name, Object value) {
        return Buffer.buffer("event: ").appendString(name).appendString("\n").appendBuffer(encodeEvent(value));
    }
}
