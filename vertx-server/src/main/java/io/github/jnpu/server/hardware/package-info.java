/** What the machine has and what models do with it, for the API and the command line. */
package io.github.jnpu.server.hardware;
