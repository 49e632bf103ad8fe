package io.github.jnpu.engine.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Turns tokens into text as they come, holding back the bytes of a character until it is whole. For one text and one
 * thread.
 */
public final class StreamingDetokenizer {
    // The longest token in published vocabularies has 256 bytes (a run of spaces); longer ones grow the buffers.
    private ByteBuffer pending = ByteBuffer.allocate(512);
    private CharBuffer characters = CharBuffer.allocate(512);

    private final Tokenizer tokenizer;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE).onUnmappableCharacter(CodingErrorAction.REPLACE);

    private final Map<Integer, byte[]> spelled = new HashMap<>();

    StreamingDetokenizer(Tokenizer tokenizer, Set<String> spelled) {
        this.tokenizer = tokenizer;
        for (String token : spelled) {
            OptionalInt id = tokenizer.idOf(token);
            if (id.isPresent() && tokenizer.isControl(id.getAsInt())) {
                this.spelled.put(id.getAsInt(), token.getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    /** The characters that are whole now that this token came; often empty. */
    public String accept(int id) {
        byte[] bytes = bytes(id);
        if (bytes.length == 0) {
            return "";
        }
        if (pending.remaining() < bytes.length) {
            ByteBuffer larger = ByteBuffer.allocate(2 * (pending.position() + bytes.length));
            pending = larger.put(pending.flip());
        }
        pending.put(bytes);
        return decode(false);
    }

    private byte[] bytes(int id) {
        return spelled.isEmpty() ? tokenizer.bytes(id) : spelled.getOrDefault(id, tokenizer.bytes(id));
    }

    /** What a token stands for by itself, wherever in the text it is: bytes that are no whole character become U+FFFD. */
    public String text(int id) {
        return new String(bytes(id), StandardCharsets.UTF_8);
    }

    /** The rest: an unfinished character at the end becomes U+FFFD. The detokeniser can be used again after it. */
    public String finish() {
        String rest = decode(true);
        decoder.reset();
        return rest;
    }

    private String decode(boolean end) {
        if (characters.capacity() < pending.position() + 1) {
            characters = CharBuffer.allocate(2 * pending.capacity());
        }
        pending.flip();
        decoder.decode(pending, characters, end);
        if (end) {
            decoder.flush(characters);
        }
        pending.compact();
        String text = characters.flip().toString();
        characters.clear();
        return text;
    }
}
