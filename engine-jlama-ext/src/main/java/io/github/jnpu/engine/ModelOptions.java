package io.github.jnpu.engine;

import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.placement.PlacementWish;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * How to load a model.
 *
 * @param contextLength
 *            tokens that a sequence can hold; 0 for 4096 or what the model was trained for, if that is less; larger values
 *            are capped at the trained context
 * @param threads
 *            cores to use; 0 for all physical cores that this process may use
 * @param cacheType
 *            number format of the KV cache
 * @param place
 *            what runs each stage
 * @param useMmap
 *            whether weights stay where the file is mapped, and other processes share them; false copies them into memory of
 *            this process while loading, for files on a network that may go away
 * @param repack
 *            whether weights may be laid out anew while loading, as a copy that takes the place of the file's pages in memory: that
 *            takes a second or two per gigabyte and makes decode 1.2 to 3 times as fast; false leaves them in the file's layout, where
 *            processes share them
 * @param weightCache
 *            a folder that keeps weights as they were laid out anew, so that the next load maps them: as fast as loading gets, and shared
 *            by processes, for as much disk as the weights take; empty to keep nothing. Only models that are mapped from a file are kept
 * @param parallel
 *            texts that are written at the same time, each with a KV cache of its own; from 1 to {@value #MAX_PARALLEL}
 */
public record ModelOptions(int contextLength, int threads, KvCacheType cacheType, PlacementWish place,
        boolean useMmap, boolean repack, Optional<Path> weightCache, int parallel) {
    public static final int MAX_PARALLEL = 64;

    public static final ModelOptions DEFAULT = new ModelOptions(0, 0, KvCacheType.F16, PlacementWish.AUTO, true, true,
            Optional.empty(), 1);

    public ModelOptions {
        Objects.requireNonNull(cacheType, "cacheType");
        Objects.requireNonNull(place, "place");
        if (contextLength < 0 || threads < 0) {
            throw new IllegalArgumentException(
                    "contextLength and threads must not be negative: %d, %d".formatted(contextLength, threads));
        }
        if (parallel < 1 || parallel > MAX_PARALLEL) {
            throw new IllegalArgumentException(
                    "parallel must be from 1 to %d, is %d".formatted(MAX_PARALLEL, parallel));
        }
    }

    public ModelOptions withContextLength(int value) {
        return new ModelOptions(value, threads, cacheType, place, useMmap, repack, weightCache, parallel);
    }

    public ModelOptions withThreads(int value) {
        return new ModelOptions(contextLength, value, cacheType, place, useMmap, repack, weightCache, parallel);
    }

    public ModelOptions withCacheType(KvCacheType value) {
        return new ModelOptions(contextLength, threads, value, place, useMmap, repack, weightCache, parallel);
    }

    public ModelOptions withPlace(PlacementWish value) {
        return new ModelOptions(contextLength, threads, cacheType, value, useMmap, repack, weightCache, parallel);
    }

    /** Everything on one backend, and nowhere else. */
    public ModelOptions withBackend(String value) {
        return withPlace(PlacementWish.parse(value, true));
    }

    public ModelOptions withUseMmap(boolean value) {
        return new ModelOptions(contextLength, threads, cacheType, place, value, repack, weightCache, parallel);
    }

    public ModelOptions withRepack(boolean value) {
        return new ModelOptions(contextLength, threads, cacheType, place, useMmap, value, weightCache, parallel);
    }

    public ModelOptions withWeightCache(Optional<Path> folder) {
        return new ModelOptions(contextLength, threads, cacheType, place, useMmap, repack, folder, parallel);
    }

    public ModelOptions withParallel(int value) {
        return new ModelOptions(contextLength, threads, cacheType, place, useMmap, repack, weightCache, value);
    }
}
