package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.source.WindowsTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

import static org.assertj.core.api.Assertions.assertThat;

class WindowsCpuTest {
    @TempDir
    Path root;

    @Test
    void hyperThreadsCountOnce() throws IOException {
        topology(16, 22);

        Cpu cpu = cpu(OptionalInt.empty());
        assertThat(cpu.physicalCores()).isEqualTo(16);
        assertThat(cpu.logicalCores()).isEqualTo(22);
        assertThat(cpu.machineCores()).isEqualTo(16);
    }

    @Test
    void aPartOfTheThreadsIsAPartOfTheCores() throws IOException {
        topology(8, 16);

        Cpu cpu = cpu(OptionalInt.of(4));
        assertThat(cpu.physicalCores()).isEqualTo(2);
        assertThat(cpu.logicalCores()).isEqualTo(4);
        assertThat(cpu.machineCores()).isEqualTo(8);
    }

    @Test
    void withoutNativeAccessTheJvmIsBelieved() {
        Cpu cpu = cpu(OptionalInt.of(22));

        assertThat(cpu.physicalCores()).isEqualTo(22);
        assertThat(cpu.logicalCores()).isEqualTo(22);
        assertThat(cpu.model()).isEqualTo("unknown");
    }

    @Test
    void aJvmWithMoreThanIsListedIsBelieved() throws IOException {
        topology(2, 2);

        Cpu cpu = cpu(OptionalInt.of(4));
        assertThat(cpu.physicalCores()).isBetween(1, 2);
        assertThat(cpu.logicalCores()).isEqualTo(4);
    }

    private Cpu cpu(OptionalInt processors) {
        return new WindowsCpu(new WindowsTree(root), processors).read();
    }

    private void topology(int cores, int threads) throws IOException {
        Files.writeString(root.resolve("processors.csv"),
                "\"NumberOfCores\",\"NumberOfLogicalProcessors\"\n\"%d\",\"%d\"\n".formatted(cores, threads));
    }
}
