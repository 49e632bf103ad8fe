package io.github.jnpu.server.cli;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.store.ModelLocator;
import io.github.jnpu.probe.DeepProbe;
import io.github.jnpu.probe.DeviceReport;
import io.github.jnpu.probe.HardwareCapture;
import io.github.jnpu.probe.HardwareProbe;
import io.github.jnpu.probe.MemoryBandwidth;
import io.github.jnpu.server.hardware.HardwareJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/** Prints what is in this machine, or in a captured one, and what stands against using it. */
@Command(name = "devices", mixinStandardHelpOptions = true, description = {
        "Show what this machine has, what jnpu may use of it, and why a device is not used.",
        "Nothing is loaded and nothing is changed; --deep loads runtime libraries, each in a process of its own."}, footer = {
                "", "Examples:", "  jnpu devices", "  jnpu devices --json",
                "  jnpu devices --model qwen3:8b --num-ctx 32768",
                "  jnpu devices --capture machine     for somebody who helps you", "  jnpu devices --root machine"})
final class DevicesCommand implements Callable<Integer> {
    private static final Duration BANDWIDTH_TIME = Duration.ofSeconds(2);

    @ParentCommand
    private Jnpu jnpu;

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print the whole report as JSON; sizes in bytes.")
    private boolean json;

    @Option(names = {"-v", "--verbose"}, description = "Print checks that passed and CPU features too.")
    private boolean verbose;

    @Option(names = "--deep", description = "Load OpenVINO, OpenCL and Vulkan and ask them for their devices.")
    private boolean deep;

    @Option(names = "--bandwidth", description = "Measure how fast memory is read; takes two seconds and all cores.")
    private boolean bandwidth;

    @Option(names = "--root", paramLabel = "DIR", description = "Report on the machine whose files lie in DIR.")
    private Path root;

    @Option(names = "--capture", paramLabel = "DIR", description = "Copy what is read of this machine to DIR, for --root elsewhere.")
    private Path capture;

    @Option(names = "--model", paramLabel = "MODEL", description = "Say what this model would take of memory.")
    private String model;

    @Option(names = "--num-ctx", paramLabel = "N", defaultValue = "0", description = "With --model: tokens of context.")
    private int contextLength;

    @Option(names = "--kv-cache-type", paramLabel = "TYPE", defaultValue = "f16", converter = KvCacheTypeConverter.class, description = "With --model: number format of the KV cache (default ${DEFAULT-VALUE}).")
    private KvCacheType cacheType;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (root != null && (deep || bandwidth || capture != null)) {
            throw new ParameterException(spec.commandLine(),
                    "--root is another machine: --deep, --bandwidth and --capture cannot look at it");
        }
        if (contextLength < 0) {
            throw new ParameterException(spec.commandLine(), "--num-ctx is not negative: " + contextLength);
        }
        PrintStream out = jnpu.console().out();
        HardwareProbe probe = root == null ? HardwareProbe.local() : captured();
        if (capture != null) {
            HardwareCapture.write(probe, capture);
            out.printf("%s holds what was read of this machine; look through it before you send it.%n", capture);
            return 0;
        }
        DeviceReport report = report(probe);
        Optional<MemoryBandwidth> measured = bandwidth ? Optional.of(measure(probe, report)) : Optional.empty();
        Optional<ModelNeeds> needs = model == null ? Optional.empty() : Optional.of(needs());
        if (json) {
            out.println(HardwareJson.pretty(measured.isEmpty() && needs.isEmpty()
                    ? report
                    : new Extended(report, measured, needs)));
            return 0;
        }
        DeviceListing listing = new DeviceListing(out, jnpu.console().wantsColours(), verbose);
        listing.print(report, measured);
        needs.ifPresent(own -> listing.print(own, report));
        return 0;
    }

    /** A report and what was asked for beside it. */
    private record Extended(DeviceReport report, Optional<MemoryBandwidth> bandwidth, Optional<ModelNeeds> model) {}

    private HardwareProbe captured() {
        try {
            return HardwareProbe.captured(root);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private DeviceReport report(HardwareProbe probe) throws InterruptedException {
        if (!deep) {
            return probe.report();
        }
        try (Spinner _ = Spinner.start(jnpu.console(), "asking runtime libraries")) {
            return probe.report(Set.of(), DeepProbe.inChildProcess());
        }
    }

    private MemoryBandwidth measure(HardwareProbe probe, DeviceReport report) throws InterruptedException {
        try (Spinner _ = Spinner.start(jnpu.console(), "reading memory")) {
            return MemoryBandwidth.measure(probe, report.cpu().physicalCores(), BANDWIDTH_TIME);
        } catch (IllegalStateException e) {
            throw new EngineException(e.getMessage(), e);
        }
    }

    private ModelNeeds needs() {
        ModelOptions options = ModelOptions.DEFAULT.withContextLength(contextLength).withCacheType(cacheType);
        try (ModelSource source = ModelLocator.open(model)) {
            return ModelNeeds.of(model, LanguageModel.estimate(source, options));
        }
    }
}
