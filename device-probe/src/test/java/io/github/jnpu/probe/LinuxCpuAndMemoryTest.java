package io.github.jnpu.probe;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

import static org.assertj.core.api.Assertions.assertThat;

class LinuxCpuAndMemoryTest {
    private static final long GIB = 1L << 30;

    @TempDir
    Path root;

    @BeforeEach
    void fourCoresWithTwoThreadsEach() throws IOException {
        write("proc/cpuinfo", """
                processor\t: 0
                vendor_id\t: AuthenticAMD
                model name\t: AMD Ryzen AI 9 HX 370
                flags\t\t: fpu sse4_2 smep avx f16c fma avx2 avx512f avx512_vnni avx_vnni rdtscp

                processor\t: 1
                model name\t: AMD Ryzen AI 9 HX 370
                """);
        write("proc/self/status", "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n");
        for (int processor = 0; processor < 8; processor++) {
            int core = processor % 4;
            write("sys/devices/system/cpu/cpu%d/topology/thread_siblings_list".formatted(processor),
                    core + "," + (core + 4) + "\n");
        }
        write("proc/meminfo",
                "MemTotal:       16777216 kB\nMemFree:         1048576 kB\nMemAvailable:    8388608 kB\n");
        write("proc/self/cgroup", "0::/user.slice/app\n");
    }

    @Test
    void countsHyperThreadsOnce() {
        Cpu cpu = probe().cpu();

        assertThat(cpu.model()).isEqualTo("AMD Ryzen AI 9 HX 370");
        assertThat(cpu.physicalCores()).isEqualTo(4);
        assertThat(cpu.logicalCores()).isEqualTo(8);
        assertThat(cpu.features()).containsExactly("sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512_vnni",
                "avx_vnni");
    }

    @Test
    void keepsToTheAffinityMask() throws IOException {
        write("proc/self/status", "Cpus_allowed_list:\t1,5-6\n");

        Cpu cpu = probe().cpu();

        assertThat(cpu.physicalCores()).isEqualTo(2);
        assertThat(cpu.logicalCores()).isEqualTo(3);
    }

    @Test
    void keepsToWhatTheJvmMayUse() {
        Cpu cpu = HardwareProbe.captured(root, 2).cpu();

        assertThat(cpu.physicalCores()).isEqualTo(2);
        assertThat(cpu.logicalCores()).isEqualTo(2);
    }

    @Test
    void theStrictestControlGroupLimitsTheCores() throws IOException {
        write("sys/fs/cgroup/user.slice/app/cpu.max", "max 100000\n");
        write("sys/fs/cgroup/user.slice/cpu.max", "250000 100000\n");

        assertThat(probe().cpu().physicalCores()).isEqualTo(3);
        assertThat(probe().cpu().logicalCores()).isEqualTo(3);
    }

    @Test
    void readsVersionOneControlGroups() throws IOException {
        write("proc/self/cgroup", "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n");
        write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
        write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", 2 * GIB + "\n");
        write("sys/fs/cgroup/memory/memory.usage_in_bytes", GIB + "\n");

        assertThat(probe().cpu().logicalCores()).isEqualTo(2);
        assertThat(probe().memory()).isEqualTo(new Memory(2 * GIB, GIB, true));
    }

    @Test
    void aVersionOneGroupWithoutLimitLimitsNothing() throws IOException {
        write("proc/self/cgroup", "5:memory:/\n4:cpu,cpuacct:/\n");
        write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
        write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");

        assertThat(probe().cpu().logicalCores()).isEqualTo(8);
        assertThat(probe().memory()).isEqualTo(new Memory(16 * GIB, 8 * GIB, false));
    }

    @Test
    void fileCacheInAControlGroupIsAvailable() throws IOException {
        write("sys/fs/cgroup/user.slice/app/memory.max", 4 * GIB + "\n");
        write("sys/fs/cgroup/user.slice/app/memory.current", 3 * GIB + "\n");
        write("sys/fs/cgroup/user.slice/app/memory.stat", "anon 123\ninactive_file %d\n".formatted(GIB));

        assertThat(probe().memory()).isEqualTo(new Memory(4 * GIB, 2 * GIB, true));
    }

    @Test
    void readsTheMachinesMemory() {
        assertThat(probe().memory()).isEqualTo(new Memory(16 * GIB, 8 * GIB, false));
    }

    @Test
    void armBoardsAreNamedByTheDeviceTree() throws IOException {
        write("proc/cpuinfo", "processor\t: 0\nFeatures\t: fp asimd asimddp i8mm sve2 crc32\nCPU part\t: 0xd4d\n");
        write("proc/device-tree/model", "Radxa ROCK 5B\0");

        Cpu cpu = probe().cpu();

        assertThat(cpu.model()).isEqualTo("Radxa ROCK 5B");
        assertThat(cpu.features()).containsExactly("asimd", "asimddp", "i8mm", "sve2");
    }

    @Test
    void saysUnknownWhereNothingCanBeRead() throws IOException {
        Path nothing = root.resolve("nothing");
        Files.createDirectories(nothing.resolve("proc"));
        HardwareProbe probe = HardwareProbe.captured(nothing, 3);

        assertThat(probe.cpu()).isEqualTo(new Cpu("unknown", 3, 3, 3, List.of(), OptionalInt.empty(), List.of()));
        assertThat(probe.memory()).isEqualTo(Memory.UNKNOWN);
    }

    @Test
    void survivesNonsense() throws IOException {
        write("proc/self/status", "Cpus_allowed_list:\t0-99999999999\n");
        write("proc/meminfo", "MemTotal: many kB\nMemAvailable:\n");
        write("proc/self/cgroup", "nonsense\n0::/../../../../etc\n");
        write("sys/fs/cgroup/cpu.max", "1 0\n");
        write("sys/fs/cgroup/memory.max", "max\n");

        assertThat(probe().cpu().logicalCores()).isEqualTo(8);
        assertThat(probe().memory()).isEqualTo(Memory.UNKNOWN);
    }

    private HardwareProbe probe() {
        return HardwareProbe.captured(root, 8);
    }

    private void write(String relative, String content) throws IOException {
        Path file = root.resolve(relative);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
