/** Finds out what is in this machine and how much of it this process may use. */
package io.github.jnpu.probe;
