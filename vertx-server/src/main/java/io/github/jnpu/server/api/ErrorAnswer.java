package io.github.jnpu.server.api;

/** What every error of Ollama's routes looks like. */
record ErrorAnswer(String error) {}
