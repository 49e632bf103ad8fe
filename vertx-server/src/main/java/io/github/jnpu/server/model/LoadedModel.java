package io.github.jnpu.server.model;

import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.store.StoredModel;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledFuture;

/** A model in memory and who uses it. All fields that change belong to {@link LoadedModels}' lock. */
final class LoadedModel {
    final StoredModel stored;
    final LanguageModel model;
    final MemoryEstimate memory;
    private final int requestedThreads;

    Duration keepAlive;
    int users;
    /** Counts the leases of all models. */
    long lastUse;
    /** When it goes if nobody asks for it; null while it is in use. */
    Instant expiresAt;
    ScheduledFuture<?> expiry;
    /** On its way out: nobody may start using it. */
    boolean retiring;

    LoadedModel(StoredModel stored, LanguageModel model, int requestedThreads, Duration keepAlive) {
        this.stored = stored;
        this.model = model;
        this.memory = model.memory();
        this.requestedThreads = requestedThreads;
        this.keepAlive = keepAlive;
    }

    /** Whether a request can use it as it is. */
    boolean serves(LoadRequest request, PlacementWish place) {
        int wanted = Math.min(request.contextLength(), model.config().contextLength());
        return !retiring && (wanted == 0 || wanted == model.contextLength())
                && request.threads() == requestedThreads && request.useMmap() == model.options().useMmap()
                && place.equals(model.options().place());
    }
}
