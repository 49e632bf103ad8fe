package io.github.jnpu.server.api;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;

/** The answer of {@code /v1/embeddings}. */
record EmbeddingList(String object, List<Item> data, String model, EmbeddingUsage usage) {

    /** @param embedding numbers, or text */
    record Item(String object, Object embedding, int index) {}

    record EmbeddingUsage(int promptTokens, int totalTokens) {}

    /** @param base64 whether vectors are written as base64 of little-endian floats */
    static EmbeddingList of(EmbedRoutes.EmbedAnswer answer, boolean base64) {
        List<float[]> vectors = answer.embeddings();
        int tokens = answer.promptEvalCount() == null ? 0 : answer.promptEvalCount();
        return new EmbeddingList("list", IntStream.range(0, vectors.size()).mapToObj(i -> new Item("embedding", base64
                ? base64(vectors.get(i))
                : vectors.get(i), i)).toList(), answer.model(), new EmbeddingUsage(tokens, tokens));
    }

    private static String base64(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
