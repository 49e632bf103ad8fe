/**
 * Where models are found by name: Ollama's store on disk, the demo model that ships in the jar, and plain
 * GGUF files.
 */
package io.github.jnpu.engine.store;
