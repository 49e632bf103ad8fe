/** Writes a model's weights in another tensor type. */
package io.github.jnpu.convert.quantize;
