/** JMH benchmarks of the engine's kernels. How to run and read them: {@code docs/benchmarks.md}. */
package io.github.jnpu.benchmarks;
