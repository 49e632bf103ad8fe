package io.github.jnpu.engine;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/** The arrows between the lower modules: device-probe, converters, engine. */
@AnalyzeClasses(packages = "io.github.jnpu", importOptions = {ImportOption.DoNotIncludeTests.class,
        ArchitectureTest.DoNotIncludeTestJars.class})
class ArchitectureTest {
    /** ArchUnit's own option knows folders; from the phase "package" on, other modules' test classes come as jars. */
    static final class DoNotIncludeTestJars implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    private static final String PROBE = "io.github.jnpu.probe..";
    private static final String CONVERT = "io.github.jnpu.convert..";
    private static final String[] CONVERT_FROM_JSON = {"io.github.jnpu.convert.safetensors..",
            "io.github.jnpu.convert.huggingface.."};
    private static final String ENGINE = "io.github.jnpu.engine..";

    @ArchTest
    static final ArchRule PROBE_STANDS_ALONE = classes().that().resideInAPackage(PROBE).should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(PROBE, "java..", "javax..", "com.sun.management..");

    @ArchTest
    static final ArchRule CONVERTERS_NEED_NO_LIBRARY = classes().that().resideInAPackage(CONVERT).and()
            .resideOutsideOfPackages(CONVERT_FROM_JSON).should()
            .onlyDependOnClassesThat().resideInAnyPackage(CONVERT, PROBE, "java..", "javax..");

    /** Formats with JSON in them need a parser of it, and nothing else. */
    @ArchTest
    static final ArchRule JSON_FORMATS_NEED_A_PARSER = classes().that().resideInAnyPackage(CONVERT_FROM_JSON).should()
            .onlyDependOnClassesThat().resideInAnyPackage(CONVERT, PROBE, "java..", "javax..",
                    "com.fasterxml.jackson..");

    @ArchTest
    static final ArchRule ENGINE_KNOWS_NO_DOOR = noClasses().that().resideInAPackage(ENGINE).should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.github.jnpu.langchain4j..", "io.github.jnpu.server..", "io.github.jnpu.samples..",
                    "dev.langchain4j..", "io.vertx..");

    @ArchTest
    static final ArchRule VECTORS_STAY_IN_THEIR_BACKEND = noClasses().that()
            .resideOutsideOfPackage("io.github.jnpu.engine.backend.vector..").should().dependOnClassesThat()
            .resideInAPackage("jdk.incubator.vector..");

    @ArchTest
    static final ArchRule JLAMA_STAYS_IN_ITS_PACKAGE = noClasses().that()
            .resideOutsideOfPackage("io.github.jnpu.engine.jlama..").should().dependOnClassesThat()
            .resideInAPackage("com.github.tjake..");

    /** Its jar brings the native library only: its classes may be absent. */
    @ArchTest
    static final ArchRule ONNX_RUNTIME_IS_CALLED_WITHOUT_ITS_JAVA_API = noClasses().should().dependOnClassesThat()
            .resideInAPackage("ai.onnxruntime..");

    @ArchTest
    static final ArchRule THE_C_API_STAYS_IN_ITS_BACKEND = noClasses().that()
            .resideOutsideOfPackage("io.github.jnpu.engine.backend.onnxruntime..").should().dependOnClassesThat()
            .resideInAPackage("io.github.jnpu.engine.backend.onnxruntime.capi..");

    @ArchTest
    static final ArchRule THE_C_API_KNOWS_NO_DECODER = noClasses().that()
            .resideInAPackage("io.github.jnpu.engine.backend.onnxruntime.capi..").should().dependOnClassesThat()
            .resideInAPackage("io.github.jnpu.engine.backend.onnxruntime");

    @ArchTest
    static final ArchRule THE_SPI_KNOWS_NO_BACKEND = noClasses().that()
            .resideInAPackage("io.github.jnpu.engine.backend")
            .should().dependOnClassesThat().resideInAnyPackage("io.github.jnpu.engine.backend.cpu..",
                    "io.github.jnpu.engine.backend.onnxruntime..", "io.github.jnpu.engine.backend.reference..",
                    "io.github.jnpu.engine.backend.vector..",
                    "io.github.jnpu.engine.jlama..");

    @ArchTest
    static final ArchRule NAMES_SAY_WHAT_A_CLASS_IS = noClasses().should().haveSimpleNameEndingWith("Util").orShould()
            .haveSimpleNameEndingWith("Utils").orShould().haveSimpleNameEndingWith("Helper").orShould()
            .haveSimpleNameEndingWith("Manager").orShould().haveSimpleNameEndingWith("Impl");
}
