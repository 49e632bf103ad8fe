package io.github.jnpu.server.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Probabilities as {@code /v1/completions} has them in OpenAI's API: lists side by side.
 *
 * @param topLogprobs
 *            the likeliest tokens in each place with their logarithms, likeliest first; of several with one text the first
 * @param textOffset
 *            where in the answer each token begins, in characters
 */
record TextLogprobs(List<String> tokens, List<Double> tokenLogprobs, List<Map<String, Double>> topLogprobs,
        List<Integer> textOffset) {

    /**
     * The lists for some tokens; {@code null} for none.
     *
     * @param offset
     *            where the first one begins
     */
    static TextLogprobs of(List<Logprob> logprobs, int offset) {
        if (logprobs == null) {
            return null;
        }
        List<Map<String, Double>> top = new ArrayList<>();
        List<Integer> offsets = new ArrayList<>();
        int at = offset;
        for (Logprob logprob : logprobs) {
            Map<String, Double> likeliest = new LinkedHashMap<>();
            if (logprob.topLogprobs() != null) {
                logprob.topLogprobs().forEach(one -> likeliest.putIfAbsent(one.token(), one.logprob()));
            }
            top.add(likeliest);
            offsets.add(at);
            at += length(logprob);
        }
        return new TextLogprobs(logprobs.stream().map(Logprob::token).toList(), logprobs.stream().map(Logprob::logprob)
                .toList(), top, offsets);
    }

    static int length(Logprob logprob) {
        return logprob.token().codePointCount(0, logprob.token().length());
    }
}
