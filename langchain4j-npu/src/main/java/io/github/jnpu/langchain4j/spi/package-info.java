/** Where frameworks put builders of their own under the public ones. */
package io.github.jnpu.langchain4j.spi;
