package io.github.jnpu.samples.devices;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.DeviceReport;
import io.github.jnpu.probe.HardwareProbe;
import io.github.jnpu.probe.RuntimeLibrary;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** What this machine has to run models with, from a program of your own. */
@Command(name = "devices", description = {
        "Prints which NPUs and GPUs a machine has, and for each what stands against its use and how to change that.",
        "Nothing is loaded and nothing is changed."})
public final class Devices implements Callable<Integer> {
    /** What the program that asks can compute with besides the CPU; yours may differ. */
    private static final Set<RuntimeLibrary.Kind> BACKENDS = Set.of(RuntimeLibrary.Kind.ONNX_RUNTIME,
            RuntimeLibrary.Kind.OPENVINO);

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    @Option(names = "--json", description = "Print the whole report as JSON.")
    private boolean json;

    @Option(names = "--root", paramLabel = "DIR", description = "Look at a machine whose files lie in DIR; ./jnpu devices --capture DIR writes them.")
    private Path root;

    @Spec
    private CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Devices()).setParameterExceptionHandler((e, arguments) -> fail(e.getCommandLine(),
                e)).setExecutionExceptionHandler((e, command, result) -> fail(command, e));
    }

    private static int fail(CommandLine command, Exception e) {
        command.getErr().println("Error: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        return 1;
    }

    @Override
    public Integer call() throws JsonProcessingException {
        HardwareProbe probe = root == null ? HardwareProbe.local() : HardwareProbe.captured(root);
        DeviceReport report = probe.report(BACKENDS);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonMapper.builder().addModule(new Jdk8Module()).propertyNamingStrategy(
                    PropertyNamingStrategies.SNAKE_CASE).build().writerWithDefaultPrettyPrinter().writeValueAsString(
                            report));
        } else {
            print(report, out);
        }
        out.flush();
        return 0;
    }

    private static void print(DeviceReport report, PrintWriter out) {
        Cpu cpu = report.cpu();
        out.printf("CPU: %s, %d cores%n", cpu.model(), cpu.physicalCores());
        out.printf("Memory: %.1f GB, %.1f available%n", report.memory().totalBytes() / 1e9, report.memory()
                .availableBytes() / 1e9);
        if (report.npus().isEmpty()) {
            out.println("NPU: none that this system shows");
        }
        Stream.of(report.npus(), report.gpus(), report.accelerators()).flatMap(List::stream).forEach(
                device -> explain(device, out));
        report.runtimes().stream().filter(runtime -> !runtime.path().isEmpty()).forEach(runtime -> out.printf(
                "%s: %s %s%n", runtime.kind(), runtime.path(), runtime.version()));
        out.printf("%n%s%n", report.conclusion());
    }

    /** A device with what was checked; whatever failed comes with a remedy. */
    private static void explain(Device device, PrintWriter out) {
        String name = device.name().startsWith(device.vendor())
                ? device.name()
                : device.vendor() + " " + device.name();
        out.printf("%s: %s, %s%n", device.kind(), name, device.usable()
                ? "nothing stands against its use"
                : "cannot be used");
        for (Check check : device.checks()) {
            out.printf("  %-7s %s: %s%n", check.status(), check.name(), check.evidence());
            if (!check.remedy().isEmpty()) {
                out.printf("          do: %s%n", check.remedy());
            }
        }
    }
}
