package io.github.jnpu.server.model;

import io.github.jnpu.engine.placement.PlacementWish;

import java.util.Optional;

/** The parameters of a Modelfile and the options of a request that say where a model runs; Ollama has none of them. */
public final class PlacementParameters {
    /** Text: {@code prefill=npu,decode=gpu}. */
    public static final String PLACE = "place";
    /** Boolean: whether nothing else is allowed. */
    public static final String STRICT = "strict";

    private PlacementParameters() {}

    /**
     * What they wish, empty if neither is there.
     *
     * @param place
     *            text, or null
     * @param strict
     *            a boolean or its text, or null
     * @throws IllegalArgumentException
     *             if the text cannot be read
     */
    public static Optional<PlacementWish> wish(Object place, Object strict) {
        if (place == null && strict == null) {
            return Optional.empty();
        }
        boolean only = strict != null && Boolean.parseBoolean(strict.toString());
        return Optional.of(place == null
                ? PlacementWish.AUTO.withStrict(only)
                : PlacementWish.parse(place.toString(), only));
    }
}
