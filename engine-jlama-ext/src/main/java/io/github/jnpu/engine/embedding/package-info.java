/** Texts to vectors: models that embed, whatever file they come from and whatever computes. */
package io.github.jnpu.engine.embedding;
