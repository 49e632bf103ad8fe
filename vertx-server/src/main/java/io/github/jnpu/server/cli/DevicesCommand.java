package io.github.jnpu.server.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.DeviceReport;
import io.github.jnpu.probe.HardwareProbe;
import io.github.jnpu.probe.Memory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

import java.io.PrintStream;
import java.util.concurrent.Callable;

/** Prints what is in this machine. */
@Command(name = "devices", mixinStandardHelpOptions = true, description = {
        "Show what this machine has and how much of it jnpu may use.",
        "Affinity masks and container limits are taken off."}, footer = {"", "Examples:", "  jnpu devices",
                "  jnpu devices --json"})
final class DevicesCommand implements Callable<Integer> {
    @ParentCommand
    private Jnpu jnpu;

    @Option(names = "--json", description = "Print a JSON object; sizes in bytes.")
    private boolean json;

    @Override
    public Integer call() {
        PrintStream out = jnpu.console().out();
        DeviceReport report = HardwareProbe.local().report();
        if (json) {
            printJson(out, report);
        } else {
            print(out, report);
        }
        return 0;
    }

    private static void print(PrintStream out, DeviceReport report) {
        Cpu cpu = report.cpu();
        Memory memory = report.memory();
        line(out, "SYSTEM", "%s, Java %s".formatted(report.system().name(), Runtime.version()));
        line(out, "CPU", "%s, %d cores, %d threads".formatted(cpu.model(), cpu.physicalCores(), cpu.logicalCores()));
        if (!cpu.features().isEmpty()) {
            line(out, "", String.join(" ", cpu.features()));
        }
        line(out, "MEMORY", memory.totalBytes() == 0
                ? "unknown"
                : "%s%s, %s available".formatted(Quantity.bytes(memory.totalBytes()),
                        memory.limited() ? " (the container's limit)" : "", Quantity.bytes(memory.availableBytes())));
    }

    private static void line(PrintStream out, String name, String value) {
        out.println("%-8s %s".formatted(name, value));
    }

    private static void printJson(PrintStream out, DeviceReport report) {
        JsonOutput.printObject(out, generator -> {
            generator.writeStringField("system", report.system().name());
            generator.writeStringField("java", Runtime.version().toString());
            generator.writeObjectFieldStart("cpu");
            generator.writeStringField("model", report.cpu().model());
            generator.writeNumberField("physical_cores", report.cpu().physicalCores());
            generator.writeNumberField("logical_cores", report.cpu().logicalCores());
            generator.writeArrayFieldStart("features");
            for (String feature : report.cpu().features()) {
                generator.writeString(feature);
            }
            generator.writeEndArray();
            generator.writeEndObject();
            generator.writeObjectFieldStart("memory");
            generator.writeNumberField("total_bytes", report.memory().totalBytes());
            generator.writeNumberField("available_bytes", report.memory().availableBytes());
            generator.writeBooleanField("limited", report.memory().limited());
            generator.writeEndObject();
        });
    }
}
