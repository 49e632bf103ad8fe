package io.github.jnpu.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What Linux tells in {@code /proc} and {@code /sys}; formats as in proc(5), cgroups(7) and the kernel's cgroup-v2.rst. */
final class LinuxFacts implements SystemFacts {
    /** Above this a version 1 cgroup means "no limit": the kernel writes its largest page-aligned number. */
    private static final long NO_LIMIT = 1L << 60;
    /** A kernel has at most 8192 processors; a file that claims more is broken. */
    private static final int MAX_PROCESSORS = 8192;
    private static final Pattern VECTOR_FEATURE = Pattern.compile(
            // x86, then Arm; smep has nothing to do with sme.
            "sse4_2|avx.*|fma|f16c|amx_.*|asimd.*|sve.*|sme([_0-9].*)?|i8mm|bf16");

    private final Path root;
    private final int processors;

    LinuxFacts(Path root, int processors) {
        this.root = root;
        this.processors = processors;
    }

    @Override
    public Cpu cpu() {
        List<String> info = lines("proc/cpuinfo");
        Set<Integer> allowed = allowedProcessors();
        int limit = Math.min(processors, processorQuota());
        int logical = Math.clamp(allowed.isEmpty() ? processors : allowed.size(), 1, limit);
        int physical = allowed.isEmpty() ? logical : Math.clamp(physicalCores(allowed), 1, logical);
        return new Cpu(model(info), physical, logical, features(info));
    }

    @Override
    public Memory memory() {
        long total = meminfo("MemTotal");
        long available = meminfo("MemAvailable");
        boolean limited = false;
        for (Path group : controlGroups("memory")) {
            OptionalLong limit = firstNumber(group, "memory.max", "memory.limit_in_bytes");
            if (limit.isEmpty() || limit.getAsLong() >= NO_LIMIT) {
                continue;
            }
            long used = firstNumber(group, "memory.current", "memory.usage_in_bytes").orElse(0);
            // Cached file pages count as used, but the kernel drops them first.
            long droppable = statistic(group, "inactive_file");
            long free = Math.max(0, limit.getAsLong() - Math.max(0, used - droppable));
            if (total == 0 || limit.getAsLong() < total) {
                total = limit.getAsLong();
                limited = true;
            }
            available = available == 0 ? free : Math.min(available, free);
        }
        return new Memory(total, available, limited);
    }

    private String model(List<String> cpuinfo) {
        return field(cpuinfo, "model name")
                // Arm kernels give part numbers only; boards have a name.
                .or(() -> lines("proc/device-tree/model").stream().findFirst().map(name -> name.replace("\0", "")))
                .or(() -> field(cpuinfo, "Hardware"))
                .orElse("unknown");
    }

    private static List<String> features(List<String> cpuinfo) {
        return field(cpuinfo, "flags").or(() -> field(cpuinfo, "Features")).stream()
                .flatMap(flags -> Stream.of(flags.split("\\s+")))
                .filter(flag -> VECTOR_FEATURE.matcher(flag).matches()).toList();
    }

    private static Optional<String> field(List<String> lines, String name) {
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
                return Optional.of(line.substring(colon + 1).strip()).filter(value -> !value.isEmpty());
            }
        }
        return Optional.empty();
    }

    /** The processors in this process's affinity mask, cpuset limits included; empty if unknown. */
    private Set<Integer> allowedProcessors() {
        return field(lines("proc/self/status"), "Cpus_allowed_list").map(LinuxFacts::parseRanges)
                .orElse(Set.of());
    }

    /** Numbers as in {@code 0-3,8,10-11}. */
    private static Set<Integer> parseRanges(String ranges) {
        Set<Integer> numbers = new TreeSet<>();
        for (String range : ranges.split(",")) {
            String[] ends = range.strip().split("-");
            OptionalLong first = number(ends[0]);
            OptionalLong last = number(ends[ends.length - 1]);
            if (first.isEmpty() || last.isEmpty() || first.getAsLong() < 0 || last.getAsLong() >= MAX_PROCESSORS) {
                return Set.of();
            }
            for (long i = first.getAsLong(); i <= last.getAsLong(); i++) {
                numbers.add((int) i);
            }
        }
        return numbers;
    }

    private int physicalCores(Set<Integer> allowed) {
        Set<String> cores = new HashSet<>();
        for (int processor : allowed) {
            // Hyper-threads of one core have the same list.
            String siblings = lines("sys/devices/system/cpu/cpu%d/topology/thread_siblings_list".formatted(processor))
                    .stream().findFirst().orElse(Integer.toString(processor));
            cores.add(siblings);
        }
        return cores.size();
    }

    /** How many processors' worth of time the control groups allow, rounded up as the JVM does. */
    private int processorQuota() {
        long quota = Integer.MAX_VALUE;
        for (Path group : controlGroups("cpu")) {
            OptionalLong time = OptionalLong.empty();
            OptionalLong period = OptionalLong.empty();
            List<String> max = lines(group.resolve("cpu.max"));
            if (!max.isEmpty()) {
                String[] words = max.getFirst().split("\\s+");
                time = number(words[0]);
                period = words.length > 1 ? number(words[1]) : period;
            } else {
                time = firstNumber(group, "cpu.cfs_quota_us");
                period = firstNumber(group, "cpu.cfs_period_us");
            }
            if (time.isPresent() && time.getAsLong() > 0 && period.isPresent() && period.getAsLong() > 0) {
                quota = Math.min(quota, Math.ceilDiv(time.getAsLong(), period.getAsLong()));
            }
        }
        return (int) Math.max(1, quota);
    }

    /**
     * The folders of this process's control groups from its own up to the root: each may set a limit. In a container the own
     * path may lie outside what is mounted; then the mount's root is the container's group.
     */
    private List<Path> controlGroups(String controller) {
        Path mount = root.resolve("sys/fs/cgroup");
        List<Path> groups = new ArrayList<>();
        for (String line : lines("proc/self/cgroup")) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            boolean unified = parts[1].isEmpty();
            if (!unified && !List.of(parts[1].split(",")).contains(controller)) {
                continue;
            }
            Path top = unified ? mount : mount.resolve(controller);
            Path group = top.resolve(parts[2].replaceFirst("^/+", "")).normalize();
            while (group.startsWith(top)) {
                if (Files.isDirectory(group)) {
                    groups.add(group);
                }
                group = group.getParent();
            }
        }
        return groups;
    }

    private long meminfo(String name) {
        return field(lines("proc/meminfo"), name).map(value -> value.replace(" kB", "")).map(LinuxFacts::number)
                .filter(OptionalLong::isPresent).map(kilobytes -> kilobytes.getAsLong() * 1024).orElse(0L);
    }

    private long statistic(Path group, String name) {
        return lines(group.resolve("memory.stat")).stream().filter(line -> line.startsWith(name + " "))
                .map(line -> number(line.substring(name.length() + 1))).filter(OptionalLong::isPresent)
                .mapToLong(OptionalLong::getAsLong).findFirst().orElse(0);
    }

    private OptionalLong firstNumber(Path group, String... names) {
        for (String name : names) {
            List<String> content = lines(group.resolve(name));
            if (!content.isEmpty()) {
                return number(content.getFirst());
            }
        }
        return OptionalLong.empty();
    }

    private static OptionalLong number(String text) {
        try {
            return OptionalLong.of(Long.parseLong(text.strip()));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private List<String> lines(String relative) {
        return lines(root.resolve(relative));
    }

    /** A file's lines; none where it is absent or this process may not read it, which is the kernel's "unknown". */
    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return List.of();
        }
    }
}
