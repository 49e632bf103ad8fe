/** Makes models out of files and of other models, as a Modelfile or a request says. */
package io.github.jnpu.server.create;
