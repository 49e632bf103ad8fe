/** The routes of the HTTP API and the JSON on the wire. */
package io.github.jnpu.server.api;
