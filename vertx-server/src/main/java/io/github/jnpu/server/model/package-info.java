/** The models that the server holds in memory, and what it knows of those that lie on disk. */
package io.github.jnpu.server.model;
