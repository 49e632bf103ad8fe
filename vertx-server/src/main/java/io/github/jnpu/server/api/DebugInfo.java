package io.github.jnpu.server.api;

/** The prompt's text as the model would see it. */
record DebugInfo(String renderedTemplate) {}
