package io.github.jnpu.langchain4j.spring;

/** On Spring Boot 4. */
class NpuAutoConfigurationTest extends NpuAutoConfigurationContract {}
