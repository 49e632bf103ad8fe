/** Makes sense of what the sources tell. No class here reads anything but through a {@link io.github.jnpu.probe.source.SystemSource}. */
package io.github.jnpu.probe.detect;
