/** Models of any size with random weights, for benchmarks and tests: real files, of which only the words make no sense. */
package io.github.jnpu.convert.random;
