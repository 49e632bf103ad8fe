package io.github.jnpu.server.api;

import io.github.jnpu.engine.SampledToken;
import io.github.jnpu.engine.TokenProbability;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A token of an answer and how likely it was, as Ollama and OpenAI write it.
 *
 * @param bytes
 *            the text's UTF-8; {@code null} for a token without text
 * @param topLogprobs
 *            the likeliest tokens in this place; {@code null} where none were asked for
 */
record Logprob(String token, double logprob, int[] bytes, List<Logprob> topLogprobs) {

    static Logprob of(SampledToken sampled) {
        return of(sampled.token(), sampled.likeliest().isEmpty()
                ? null
                : sampled.likeliest().stream().map(one -> of(one, null)).toList());
    }

    private static Logprob of(TokenProbability token, List<Logprob> likeliest) {
        return new Logprob(token.text(), token.logprob(), bytes(token.text()), likeliest);
    }

    private static int[] bytes(String text) {
        if (text.isEmpty()) {
            return null;
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        int[] bytes = new int[utf8.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = Byte.toUnsignedInt(utf8[i]);
        }
        return bytes;
    }
}
