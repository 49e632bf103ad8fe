/** jnpu's models as Spring beans, made from {@code application.properties}. Runs on Spring Boot 3.5 and on Spring Boot 4. */
package io.github.jnpu.langchain4j.spring;
