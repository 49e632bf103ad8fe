package io.github.jnpu.langchain4j;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

/** The provider needs the engine and LangChain4j, and nothing else. */
@AnalyzeClasses(packages = "io.github.jnpu.langchain4j", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule PROVIDER_KNOWS_THE_ENGINE_ONLY = classes().should().onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.github.jnpu.langchain4j..", "io.github.jnpu.engine..", "io.github.jnpu.convert..",
                    "io.github.jnpu.probe..",
                    "dev.langchain4j..", "java..");
}
