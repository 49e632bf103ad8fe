/**
 * jnpu as a LangChain4j provider: the models run inside this JVM, no server is needed.
 *
 * <p>Model objects with the same model and the same load options share one engine, which lives until the last of them is
 * closed.
 */
package io.github.jnpu.langchain4j;
