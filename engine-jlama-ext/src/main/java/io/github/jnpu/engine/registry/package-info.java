/**
 * Talks to model registries, Ollama's and those that speak its protocol, such as Hugging Face's: pulls models into the store and
 * pushes them from there. Knows the store and HTTP, and nothing of running models.
 */
package io.github.jnpu.engine.registry;
