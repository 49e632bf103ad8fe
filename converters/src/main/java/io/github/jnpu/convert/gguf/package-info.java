/** The GGUF file format: reading, writing. */
package io.github.jnpu.convert.gguf;
