package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.RuntimeLibrary;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** ONNX Runtime's own jar, which carries its native library: found on this JVM's class path, not initialised. */
public final class OnnxRuntimeJar {
    private static final String CLASS = "ai.onnxruntime.OrtEnvironment";
    private static final Pattern VERSION = Pattern.compile("onnxruntime(?:_gpu)?-(\\d+\\.\\d+\\.\\d+).*");

    private OnnxRuntimeJar() {}

    /** The jar, if this program has it; empty if not. */
    public static Optional<RuntimeLibrary> find() {
        Class<?> loaded;
        try {
            // Not initialised: that would unpack and load the native library.
            loaded = Class.forName(CLASS, false, OnnxRuntimeJar.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            return Optional.empty();
        }
        String path = path(loaded.getProtectionDomain().getCodeSource());
        Matcher name = VERSION.matcher(Parse.lastName(path));
        Package own = loaded.getPackage();
        String version = name.matches()
                ? name.group(1)
                : own == null || own.getImplementationVersion() == null ? "" : own.getImplementationVersion();
        return Optional.of(new RuntimeLibrary(RuntimeLibrary.Kind.ONNX_RUNTIME, path, version, List.of(),
                List.of(Check.passed("found", CLASS + " is on the class path"))));
    }

    /** The entry for a machine where neither the jar nor a library is. */
    public static RuntimeLibrary missing() {
        return new RuntimeLibrary(RuntimeLibrary.Kind.ONNX_RUNTIME, "", "", List.of(),
                List.of(Check.failed("found", "neither a library in the system's folders nor " + CLASS
                        + " on the class path",
                        "Add com.microsoft.onnxruntime:onnxruntime from Maven Central to the class path.")));
    }

    private static String path(CodeSource source) {
        try {
            URI location = source == null ? null : source.getLocation().toURI();
            return location == null || !location.getScheme().equals("file")
                    ? "class path"
                    : Path.of(location).toString();
        } catch (URISyntaxException e) {
            return "class path";
        }
    }
}
