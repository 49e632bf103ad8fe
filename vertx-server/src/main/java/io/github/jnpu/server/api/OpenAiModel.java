package io.github.jnpu.server.api;

import io.github.jnpu.engine.store.StoredModel;

import java.util.List;

/**
 * One object of {@code /v1/models}.
 *
 * @param id
 *            the name, for a single model as the client wrote it
 * @param created
 *            seconds since 1970
 * @param ownedBy
 *            the namespace
 */
record OpenAiModel(String id, String object, long created, String ownedBy) {

    record ModelList(String object, List<OpenAiModel> data) {}

    static OpenAiModel of(String id, StoredModel model) {
        return new OpenAiModel(id, "model", model.modifiedAt().getEpochSecond(), model.name().namespace());
    }
}
