package io.github.jnpu.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** What macOS tells through {@code sysctl}. */
final class MacFacts implements SystemFacts {
    private final int processors;

    MacFacts(int processors) {
        this.processors = processors;
    }

    @Override
    public Cpu cpu() {
        int physical = sysctl("hw.physicalcpu").map(Integer::parseInt).orElse(processors);
        return new Cpu(sysctl("machdep.cpu.brand_string").orElse("unknown"), Math.clamp(physical, 1, processors),
                processors, List.of());
    }

    @Override
    public Memory memory() {
        return JvmFacts.ofBean();
    }

    private static Optional<String> sysctl(String name) {
        try {
            Process process = new ProcessBuilder("/usr/sbin/sysctl", "-n", name)
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            process.getOutputStream().close();
            String value = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return Optional.of(value).filter(text -> !text.isEmpty());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
