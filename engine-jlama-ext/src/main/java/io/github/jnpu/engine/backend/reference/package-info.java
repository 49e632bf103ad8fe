/** The scalar backend: the oracle for all others, and the last resort. */
package io.github.jnpu.engine.backend.reference;
