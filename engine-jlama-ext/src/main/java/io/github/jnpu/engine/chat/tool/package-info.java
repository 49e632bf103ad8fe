/**
 * Finds the calls of tools in what a model says, as the text comes, cut anywhere.
 */
package io.github.jnpu.engine.chat.tool;
