/** Which device runs which stage of a model, how the stages hand a text over, and what happens when a device fails. */
package io.github.jnpu.engine.placement;
