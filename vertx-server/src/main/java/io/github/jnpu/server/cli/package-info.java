/**
 * The command line. Every command but {@code serve} works in this process and loads no class of Vert.x, so that it starts
 * fast.
 */
package io.github.jnpu.server.cli;
