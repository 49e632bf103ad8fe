package io.github.jnpu.server;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/** Which package of the server may know which. */
@AnalyzeClasses(packages = "io.github.jnpu.server", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule SERVER_KNOWS_NO_PROVIDER = noClasses().should().dependOnClassesThat().resideInAnyPackage(
            "io.github.jnpu.langchain4j..", "dev.langchain4j..");

    @ArchTest
    static final ArchRule MODELS_KNOW_NO_HTTP = noClasses().that().resideInAPackage("io.github.jnpu.server.model")
            .should().dependOnClassesThat().resideInAnyPackage("io.github.jnpu.server.api", "io.vertx..");

    @ArchTest
    static final ArchRule ROUTES_KNOW_NO_SERVER = noClasses().that().resideInAPackage("io.github.jnpu.server.api")
            .should().dependOnClassesThat().resideInAnyPackage("io.github.jnpu.server", "io.github.jnpu.server.cli..");
}
