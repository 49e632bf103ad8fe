/** How good and how fast a model runs, by llama.cpp's definitions. */
package io.github.jnpu.engine.evaluation;
