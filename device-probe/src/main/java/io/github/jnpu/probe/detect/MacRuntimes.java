package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.source.SystemSource;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Runtimes on macOS: Core ML, which comes with it, and what Homebrew installs. */
final class MacRuntimes {
    static final String CORE_ML = "/System/Library/Frameworks/CoreML.framework";
    static final String METAL = "/System/Library/Frameworks/Metal.framework";
    private static final Pattern OPENVINO = Pattern.compile("libopenvino_c(?:\\.(\\d{4,6}))?\\.dylib");
    private static final Pattern ONNX_RUNTIME = Pattern.compile("libonnxruntime(?:\\.(\\d+\\.\\d+\\.\\d+))?\\.dylib");

    private final SystemSource source;

    MacRuntimes(SystemSource source) {
        this.source = source;
    }

    List<RuntimeLibrary> read() {
        RuntimeLibrary coreMl = source.node(CORE_ML).isPresent()
                ? library(RuntimeLibrary.Kind.CORE_ML, CORE_ML, "",
                        Check.passed("found", "%s is part of macOS".formatted(CORE_ML)))
                : library(RuntimeLibrary.Kind.CORE_ML, "", "", Check.failed("found",
                        "%s is missing".formatted(CORE_ML), "Update or reinstall macOS."));
        RuntimeLibrary openVino = find(RuntimeLibrary.Kind.OPENVINO, OPENVINO).orElseGet(
                () -> library(RuntimeLibrary.Kind.OPENVINO, "", "", Check.failed("found",
                        "no libopenvino_c.dylib in " + String.join(", ", folders()), "brew install openvino")));
        return Stream.of(Optional.of(coreMl), Optional.of(openVino),
                find(RuntimeLibrary.Kind.ONNX_RUNTIME, ONNX_RUNTIME)).flatMap(Optional::stream).toList();
    }

    private Optional<RuntimeLibrary> find(RuntimeLibrary.Kind kind, Pattern names) {
        for (String folder : folders()) {
            // The name with the version says more than the link without it.
            Optional<Matcher> best = source.names(folder).stream().map(names::matcher).filter(Matcher::matches)
                    .filter(name -> source.node(folder + "/" + name.group()).isPresent())
                    .max((a, b) -> Boolean.compare(a.group(1) != null, b.group(1) != null));
            if (best.isPresent()) {
                String path = folder + "/" + best.get().group();
                return Optional.of(library(kind, path, version(best.get()), Check.passed("found", path)));
            }
        }
        return Optional.empty();
    }

    private List<String> folders() {
        return Stream.of(source.environment().getOrDefault("HOMEBREW_PREFIX", ""), "/opt/homebrew", "/usr/local")
                .filter(prefix -> prefix.startsWith("/")).map(prefix -> prefix + "/lib").distinct().toList();
    }

    /** OpenVINO writes its number without points. */
    private static String version(Matcher name) {
        return OpenVinoVersion.ofLibrary(name.group()).map(OpenVinoVersion::toString)
                .orElse(name.group(1) == null ? "" : name.group(1));
    }

    private static RuntimeLibrary library(RuntimeLibrary.Kind kind, String path, String version, Check check) {
        return new RuntimeLibrary(kind, path, version, List.of(), List.of(check));
    }
}
