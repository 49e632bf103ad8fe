/** An HTTP server that speaks the Ollama API. */
package io.github.jnpu.server;
