package io.github.jnpu.engine;

import java.util.List;

/**
 * A token of an answer, with what could have stood in its place.
 *
 * @param token
 *            what was drawn
 * @param likeliest
 *            as many as the request asked for, likeliest first; the drawn one is among them or not
 */
public record SampledToken(TokenProbability token, List<TokenProbability> likeliest) {
    public SampledToken {
        likeliest = List.copyOf(likeliest);
    }
}
