/**
 * The bridge to jlama, in both directions: jlama's own models over our files, and our engine behind jlama's
 * {@code Generator}.
 *
 * <p>Loading jlama's tensor operations turns the Vector API's bounds checks off for the whole JVM, so no class outside
 * this package touches jlama, and those here do so only when asked for by name. docs/decisions/0070-jlama.md says what is
 * taken from jlama and what is not.
 */
package io.github.jnpu.engine.jlama;
