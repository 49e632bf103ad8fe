/** Tensor types, and the conversion between quantised blocks and floats. */
package io.github.jnpu.convert.tensor;
