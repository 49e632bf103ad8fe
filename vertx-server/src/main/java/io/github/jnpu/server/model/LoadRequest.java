package io.github.jnpu.server.model;

import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.store.StoredModel;

import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What a request needs of a model in memory.
 *
 * @param contextLength
 *            0 for any
 * @param threads
 *            0 for the engine's choice
 * @param useMmap
 *            whether weights stay in the mapped file
 * @param place
 *            what the model or the request wish to be run by; over what the server was told
 * @param keepAlive
 *            how long the model stays after this request; empty for what it was told before
 * @param abandoned
 *            whether the client has gone meanwhile, so that loading is not worth it
 */
public record LoadRequest(StoredModel model, int contextLength, int threads, boolean useMmap,
        Optional<PlacementWish> place, Optional<Duration> keepAlive,
        BooleanSupplier abandoned) {}
