package io.github.jnpu.server.api;

/** What every error looks like. */
record ErrorAnswer(String error) {}
