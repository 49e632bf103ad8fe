/** What every model format has in common: metadata, tensors and the hyper-parameters read from them. */
package io.github.jnpu.convert.model;
