/** Loads runtime libraries and asks them for their devices, in a process of its own. */
package io.github.jnpu.probe.deep;
