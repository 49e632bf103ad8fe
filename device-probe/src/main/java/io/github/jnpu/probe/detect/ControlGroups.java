package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Limits that cgroups(7), version 1 or 2, set for this process. */
final class ControlGroups {
    private static final String MOUNT = "/sys/fs/cgroup";
    /** Above this a version 1 group means "no limit": the kernel writes its largest page-aligned number. */
    private static final long NO_LIMIT = 1L << 60;
    /** Deeper than any hierarchy there is; a file that claims more is broken. */
    private static final int MAX_DEPTH = 32;

    private final SystemSource source;

    ControlGroups(SystemSource source) {
        this.source = source;
    }

    /** A group's memory limit and how much below it is free, in bytes. */
    record MemoryLimit(long limit, long free) {}

    List<MemoryLimit> memoryLimits() {
        List<MemoryLimit> limits = new ArrayList<>();
        for (String group : groups("memory")) {
            OptionalLong limit = firstNumber(group, "memory.max", "memory.limit_in_bytes");
            if (limit.isEmpty() || limit.getAsLong() >= NO_LIMIT) {
                continue;
            }
            long used = firstNumber(group, "memory.current", "memory.usage_in_bytes").orElse(0);
            // Cached file pages count as used, but the kernel drops them first.
            long droppable = statistic(group, "inactive_file");
            limits.add(new MemoryLimit(limit.getAsLong(),
                    Math.max(0, limit.getAsLong() - Math.max(0, used - droppable))));
        }
        return limits;
    }

    /** How many processors' worth of time the groups allow, rounded up as the JVM does; {@link Integer#MAX_VALUE} if any. */
    int processorQuota() {
        long quota = Integer.MAX_VALUE;
        for (String group : groups("cpu")) {
            OptionalLong time = OptionalLong.empty();
            OptionalLong period = OptionalLong.empty();
            List<String> max = Parse.lines(source, group + "/cpu.max");
            if (!max.isEmpty()) {
                String[] words = max.getFirst().strip().split("\\s+");
                time = Parse.number(words[0]);
                period = words.length > 1 ? Parse.number(words[1]) : period;
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
     * The folders of this process's groups from its own up to the root: each may set a limit. In a container the own path may lie
     * outside what is mounted; then the mount's root is the container's group.
     */
    private List<String> groups(String controller) {
        List<String> groups = new ArrayList<>();
        for (String line : Parse.lines(source, "/proc/self/cgroup")) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            boolean unified = parts[1].isEmpty();
            if (!unified && !List.of(parts[1].split(",")).contains(controller)) {
                continue;
            }
            String top = unified ? MOUNT : MOUNT + "/" + controller;
            List<String> names = new ArrayList<>();
            for (String name : parts[2].split("/+")) {
                if (name.equals("..")) {
                    names.clear();
                    break;
                }
                if (!name.isEmpty() && !name.equals(".") && names.size() < MAX_DEPTH) {
                    names.add(name);
                }
            }
            for (int depth = names.size(); depth >= 0; depth--) {
                groups.add(depth == 0 ? top : top + "/" + String.join("/", names.subList(0, depth)));
            }
        }
        return groups;
    }

    private long statistic(String group, String name) {
        for (String line : Parse.lines(source, group + "/memory.stat")) {
            if (line.startsWith(name + " ")) {
                return Parse.number(line.substring(name.length() + 1)).orElse(0);
            }
        }
        return 0;
    }

    private OptionalLong firstNumber(String group, String... names) {
        for (String name : names) {
            List<String> content = Parse.lines(source, group + "/" + name);
            if (!content.isEmpty()) {
                return Parse.number(content.getFirst());
            }
        }
        return OptionalLong.empty();
    }
}
