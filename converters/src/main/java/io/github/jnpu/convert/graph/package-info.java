/** The one description of a network that every backend executes or prints, and the builders that make it. */
package io.github.jnpu.convert.graph;
