package io.github.jnpu.langchain4j;

import io.github.jnpu.app.TwoAnswers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** Applications whose JVM was started without the flags of jnpu's launcher. */
@Timeout(240)
class ApplicationJvmTest {
    private static final String HINT = "start Java with --add-modules jdk.incubator.vector. Until then";
    private static final Pattern FOR_TESTS_ONLY = Pattern.compile(
            "junit|opentest4j|apiguardian|assertj|mockito|byte-buddy|objenesis|archunit|logback|tests\\.jar"
                    + "|langchain4j-\\d|langchain4j-embeddings|onnxruntime|test-classes");
    private static final Pattern MODULE_NAME = Pattern.compile("<Automatic-Module-Name>(.+)</Automatic-Module-Name>");

    @TempDir
    Path folder;

    private static List<String> run(List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        command.add(TwoAnswers.class.getName());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }

    private static List<String> classPath() {
        return List.of(System.getProperty("java.class.path").split(File.pathSeparator));
    }

    private static void assertAnswered(List<String> output) {
        String expected;
        try (NpuChatModel model = NpuChatModel.builder().modelName("demo").temperature(0.0).maxOutputTokens(5)
                .build()) {
            expected = "answer " + model.chat("Hello");
        }
        assertThat(output.stream().filter(line -> line.startsWith("answer "))).containsExactly(expected, expected);
    }

    @Test
    void withoutTheVectorModuleItWorksAndSaysOnceWhatToAdd() throws Exception {
        List<String> output = run(List.of("-cp", String.join(File.pathSeparator, classPath())));
        assertAnswered(output);
        assertThat(output.stream().filter(line -> line.contains(HINT))).hasSize(1);
        assertThat(output).contains("module null");
    }

    @Test
    void itWorksAsAModuleAmongModules() throws Exception {
        List<String> jars = new ArrayList<>();
        String application = null;
        for (String entry : classPath()) {
            if (entry.endsWith("test-classes") && Files.exists(Path.of(entry, "io/github/jnpu/app"))) {
                application = entry;
            } else if (!FOR_TESTS_ONLY.matcher(entry).find() && !entry.isEmpty() && Files.exists(Path.of(entry))) {
                jars.add(Files.isDirectory(Path.of(entry)) ? jar(Path.of(entry)).toString() : entry);
            }
        }
        List<String> output = run(List.of("--module-path", String.join(File.pathSeparator, jars), "--add-modules",
                "ALL-MODULE-PATH", "-cp", application));
        assertAnswered(output);
        assertThat(output).contains("module io.github.jnpu.langchain4j");
    }

    /** As Maven packs it: only jars can be modules without a description of their own. */
    private Path jar(Path classes) throws IOException {
        Matcher name = MODULE_NAME.matcher(Files.readString(classes.resolve("../../pom.xml").normalize()));
        assertThat(name.find()).as("%s has a module's name", classes).isTrue();
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(new Attributes.Name("Automatic-Module-Name"), name.group(1));
        Path jar = folder.resolve(name.group(1) + ".jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                Stream<Path> files = Files.walk(classes)) {
            for (Path path : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(path).toString().replace(File.separatorChar, '/')));
                out.write(Files.readAllBytes(path));
            }
        }
        return jar;
    }
}
