package io.github.jnpu.langchain4j.spring;

/** On Spring Boot 3. */
class NpuAutoConfigurationTest extends NpuAutoConfigurationContract {}
