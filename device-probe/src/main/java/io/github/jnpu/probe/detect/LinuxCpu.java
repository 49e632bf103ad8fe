package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The processor as Linux tells of it in {@code /proc/cpuinfo} and {@code /sys/devices/system/cpu}. */
final class LinuxCpu {
    /** A record of a hardware thread has some 1,500 bytes, the longest line in it 1,200. */
    static final int MAX_CPUINFO = 1 << 20;
    private static final int MAX_CACHES = 8;
    private static final String CPUS = "/sys/devices/system/cpu";
    private static final Pattern VECTOR_FEATURE = Pattern.compile(
            // x86, then Arm; smep has nothing to do with sme.
            "sse4_2|avx.*|fma|f16c|amx_.*|asimd.*|sve.*|sme([_0-9].*)?|i8mm|bf16");

    private final SystemSource source;
    private final OptionalInt processors;
    private final List<String> info;
    private final Map<Integer, String> siblings = new HashMap<>();

    /**
     * @param processors
     *            hardware threads that the JVM may use ({@code -XX:ActiveProcessorCount} can lower it); empty for another machine
     */
    LinuxCpu(SystemSource source, OptionalInt processors) {
        this.source = source;
        this.processors = processors;
        this.info = Parse.lines(source, "/proc/cpuinfo", MAX_CPUINFO);
    }

    Cpu read() {
        Set<Integer> online = online();
        Set<Integer> allowed = new TreeSet<>(allowed());
        if (allowed.isEmpty() && processors.isEmpty()) {
            allowed.addAll(online);
        }
        int most = processors.orElse(Math.max(1, allowed.size()));
        int limit = Math.min(most, new ControlGroups(source).processorQuota());
        int logical = Math.clamp(allowed.isEmpty() ? most : allowed.size(), 1, limit);
        int physical = allowed.isEmpty() ? logical : Math.clamp(cores(allowed), 1, logical);
        int machine = Math.max(physical, cores(online));
        List<String> features = features();
        return new Cpu(model(), physical, logical, machine, coreKinds(online), features, vectorBits(features),
                caches());
    }

    private String model() {
        return Parse.field(info, "model name")
                // Arm kernels give part numbers only; boards have a name.
                .or(() -> Parse.line(source, "/proc/device-tree/model"))
                .or(() -> Parse.field(info, "Hardware"))
                .orElse("unknown");
    }

    private List<String> features() {
        List<String> features = new ArrayList<>();
        String flags = Parse.field(info, "flags").or(() -> Parse.field(info, "Features")).orElse("");
        for (String flag : flags.split("\\s+")) {
            if (VECTOR_FEATURE.matcher(flag).matches()) {
                features.add(flag);
            }
        }
        return features;
    }

    private OptionalInt vectorBits(List<String> features) {
        if (features.contains("asimd")) {
            OptionalLong bytes = features.contains("sve")
                    ? Parse.number(source, "/proc/sys/abi/sve_default_vector_length")
                    : OptionalLong.empty();
            return VectorWidth.ofArm(features, bytes.isPresent() && bytes.getAsLong() >= 16 && bytes.getAsLong() <= 256
                    ? OptionalInt.of((int) bytes.getAsLong() * Byte.SIZE)
                    : OptionalInt.empty());
        }
        return VectorWidth.ofX86(features, number("cpu family"), number("model"), number("stepping"));
    }

    private int number(String field) {
        return (int) Parse.number(Parse.field(info, field).orElse("")).orElse(-1);
    }

    /** The processors in this process's affinity mask, cpuset limits included; none if unknown. */
    private Set<Integer> allowed() {
        return Parse.ranges(Parse.field(Parse.lines(source, "/proc/self/status"), "Cpus_allowed_list").orElse(""));
    }

    private Set<Integer> online() {
        Optional<String> list = Parse.line(source, CPUS + "/online");
        Set<Integer> online = list.isPresent() ? Parse.ranges(list.get()) : new TreeSet<>();
        if (online.isEmpty()) {
            for (String line : info) {
                if (line.startsWith("processor")) {
                    // One number is a range, too.
                    online.addAll(Parse.ranges(line.substring(line.indexOf(':') + 1)));
                }
            }
        }
        return online;
    }

    private int cores(Set<Integer> cpus) {
        Set<String> cores = new HashSet<>();
        for (int cpu : cpus) {
            // Hyper-threads of one core have the same list.
            String list = siblings.get(cpu);
            if (list == null) {
                list = Parse.line(source, CPUS + "/cpu" + cpu + "/topology/thread_siblings_list")
                        .orElse(Integer.toString(cpu));
                siblings.put(cpu, list);
            }
            cores.add(list);
        }
        return cores.size();
    }

    /** Kinds of cores in one processor: Intel's hybrids have a performance counter for each, Arm's differ by their part. */
    private List<Cpu.CoreKind> coreKinds(Set<Integer> online) {
        Map<String, Set<Integer>> kinds = new LinkedHashMap<>();
        Optional<String> performance = Parse.line(source, "/sys/devices/cpu_core/cpus");
        if (performance.isPresent()) {
            kinds.put("performance", Parse.ranges(performance.get()));
            kinds.put("efficiency", Parse.ranges(Parse.line(source, "/sys/devices/cpu_atom/cpus").orElse("")));
        } else {
            kinds.putAll(ArmCores.byName(info));
        }
        List<Cpu.CoreKind> result = new ArrayList<>();
        for (Map.Entry<String, Set<Integer>> kind : kinds.entrySet()) {
            kind.getValue().retainAll(online);
            if (!kind.getValue().isEmpty()) {
                result.add(new Cpu.CoreKind(kind.getKey(), cores(kind.getValue()), kind.getValue().size()));
            }
        }
        // Cores that are all alike are worth a word only if it is their name.
        return result.size() == 1 && performance.isPresent() ? List.of() : result;
    }

    private List<Cpu.Cache> caches() {
        List<Cpu.Cache> caches = new ArrayList<>();
        for (int i = 0; i < MAX_CACHES; i++) {
            String index = CPUS + "/cpu0/cache/index" + i;
            OptionalLong level = Parse.number(source, index + "/level");
            if (level.isEmpty()) {
                break;
            }
            Optional<String> size = Parse.line(source, index + "/size");
            OptionalLong bytes = size.isPresent() ? Parse.size(size.get()) : OptionalLong.empty();
            Optional<String> type = Parse.line(source, index + "/type");
            if (bytes.isPresent() && type.isPresent()) {
                Optional<String> shared = Parse.line(source, index + "/shared_cpu_list");
                caches.add(new Cpu.Cache(Math.clamp(level.getAsLong(), 1, 9), type.get().toLowerCase(Locale.ROOT),
                        bytes.getAsLong(), shared.isPresent() ? Parse.ranges(shared.get()).size() : 0));
            }
        }
        return caches;
    }
}
