package io.github.jnpu.convert.huggingface;

import io.github.jnpu.convert.model.ModelFormatException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The pieces of a {@code tokenizer.model}: a protobuf message {@code ModelProto} whose field 1 repeats
 * {@code SentencePiece {string piece = 1; float score = 2; Type type = 3;}} (sentencepiece_model.proto). Its types are GGUF's.
 */
final class SentencePieceFile {
    private static final long MAX_BYTES = 64L << 20;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;
    private static final int NORMAL = 1;

    private final Path path;
    private final ByteBuffer bytes;

    /** A token. */
    record Piece(String text, float score, int type) {}

    private SentencePieceFile(Path path, ByteBuffer bytes) {
        this.path = path;
        this.bytes = bytes;
    }

    /**
     * Reads the pieces in the order of their ids.
     *
     * @throws ModelFormatException
     *             if it is malformed
     */
    static List<Piece> read(Path path) {
        try {
            if (Files.size(path) > MAX_BYTES) {
                throw new ModelFormatException("%s: too long for a tokenizer".formatted(path));
            }
            return new SentencePieceFile(path, ByteBuffer.wrap(Files.readAllBytes(path)).order(
                    ByteOrder.LITTLE_ENDIAN)).pieces();
        } catch (IOException e) {
            throw new ModelFormatException("%s: cannot be read: %s".formatted(path, e.getMessage()), e);
        }
    }

    private List<Piece> pieces() {
        List<Piece> pieces = new ArrayList<>();
        while (bytes.hasRemaining()) {
            long tag = varint();
            if (tag == (1 << 3 | BYTES)) {
                int end = end();
                pieces.add(piece(end));
                bytes.position(end);
            } else {
                skip((int) tag & 7);
            }
        }
        if (pieces.isEmpty()) {
            throw invalid("has no pieces");
        }
        return pieces;
    }

    private Piece piece(int end) {
        String text = "";
        float score = 0;
        int type = NORMAL;
        while (bytes.position() < end) {
            int tag = (int) varint();
            switch (tag) {
                case 1 << 3 | BYTES -> {
                    int stop = end();
                    byte[] utf8 = new byte[stop - bytes.position()];
                    bytes.get(utf8);
                    text = new String(utf8, StandardCharsets.UTF_8);
                }
                case 2 << 3 | FIXED32 -> {
                    require(Float.BYTES);
                    score = bytes.getFloat();
                }
                case 3 << 3 | VARINT -> type = (int) varint();
                default -> skip(tag & 7);
            }
        }
        return new Piece(text, score, type);
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            require(1);
            byte next = bytes.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw invalid("has a number that does not end");
    }

    /** Where the bytes that begin with their length end. */
    private int end() {
        long length = varint();
        if (length < 0 || length > bytes.remaining()) {
            throw invalid("is cut short");
        }
        return bytes.position() + (int) length;
    }

    private void require(int count) {
        if (bytes.remaining() < count) {
            throw invalid("is cut short");
        }
    }

    private void skip(int wireType) {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED64 -> {
                require(Long.BYTES);
                bytes.position(bytes.position() + Long.BYTES);
            }
            case BYTES -> bytes.position(end());
            case FIXED32 -> {
                require(Integer.BYTES);
                bytes.position(bytes.position() + Integer.BYTES);
            }
            default -> throw invalid("is no protobuf message");
        }
    }

    private ModelFormatException invalid(String what) {
        return new ModelFormatException("%s: %s".formatted(path, what));
    }
}
