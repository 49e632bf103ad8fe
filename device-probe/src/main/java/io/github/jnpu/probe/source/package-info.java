/** Where facts come from: this machine, or a captured tree of another. */
package io.github.jnpu.probe.source;
