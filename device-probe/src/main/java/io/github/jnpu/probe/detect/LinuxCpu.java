package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
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
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The processor as Linux tells of it in {@code /proc/cpuinfo} and {@code /sys/devices/system/cpu}. */
final class LinuxCpu {
    /** A record of a hardware thread has some 1,500 bytes, the longest line in it 1,200. */
    static final int MAX_CPUINFO = 1 << 20;
    private static final String CPUS = "/sys/devices/system/cpu";
    private static final Pattern VECTOR_FEATURE = Pattern.compile(
            // x86, then Arm; smep has nothing to do with sme.
            "sse4_2|avx.*|fma|f16c|amx_.*|asimd.*|sve.*|sme([_0-9].*)?|i8mm|bf16");

    private final SystemSource source;
    private final OptionalInt processors;
    private final List<String> info;
    private final Map<Integer, String> siblings = new LinkedHashMap<>();

    /**
     * @param processors
     *            hardware threads that the JVM may use ({@code -XX:ActiveProcessorCount} can lower it); empty for another machine
     */
    LinuxCpu(SystemSource source, OptionalInt processors) {
        this.source = source;
        this.processors = processors;
        this.info = source.text("/proc/cpuinfo", MAX_CPUINFO).map(text -> text.lines().toList()).orElse(List.of());
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
        return Parse.field(info, "flags").or(() -> Parse.field(info, "Features")).stream()
                .flatMap(flags -> Stream.of(flags.split("\\s+")))
                .filter(flag -> VECTOR_FEATURE.matcher(flag).matches()).toList();
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
        return (int) Parse.field(info, field).map(Parse::number).orElse(OptionalLong.empty()).orElse(-1);
    }

    /** The processors in this process's affinity mask, cpuset limits included; none if unknown. */
    private Set<Integer> allowed() {
        return Parse.field(Parse.lines(source, "/proc/self/status"), "Cpus_allowed_list").map(Parse::ranges)
                .orElse(new TreeSet<>());
    }

    private Set<Integer> online() {
        Set<Integer> online = Parse.line(source, CPUS + "/online").map(Parse::ranges).orElse(new TreeSet<>());
        if (online.isEmpty()) {
            info.stream().filter(line -> line.startsWith("processor"))
                    .map(line -> line.substring(line.indexOf(':') + 1))
                    .map(Parse::number).flatMapToInt(LinuxCpu::processorNumber).forEach(online::add);
        }
        return online;
    }

    private static IntStream processorNumber(OptionalLong number) {
        return number.isPresent() && number.getAsLong() >= 0 && number.getAsLong() < 8192
                ? IntStream.of((int) number.getAsLong())
                : IntStream.empty();
    }

    private int cores(Set<Integer> cpus) {
        Set<String> cores = new HashSet<>();
        for (int cpu : cpus) {
            // Hyper-threads of one core have the same list.
            cores.add(siblings.computeIfAbsent(cpu,
                    number -> Parse.line(source, CPUS + "/cpu" + number + "/topology/thread_siblings_list")
                            .orElse(Integer.toString(number))));
        }
        return cores.size();
    }

    /** Kinds of cores in one processor: Intel's hybrids have a performance counter for each, Arm's differ by their part. */
    private List<Cpu.CoreKind> coreKinds(Set<Integer> online) {
        Map<String, Set<Integer>> kinds = new LinkedHashMap<>();
        for (String[] kind : new String[][]{{"performance", "cpu_core"}, {"efficiency", "cpu_atom"}}) {
            Parse.line(source, "/sys/devices/" + kind[1] + "/cpus").map(Parse::ranges)
                    .ifPresent(cpus -> kinds.put(kind[0], cpus));
        }
        if (kinds.isEmpty()) {
            kinds.putAll(ArmCores.byName(info));
        }
        List<Cpu.CoreKind> result = new ArrayList<>();
        kinds.forEach((name, cpus) -> {
            cpus.retainAll(online);
            if (!cpus.isEmpty()) {
                result.add(new Cpu.CoreKind(name, cores(cpus), cpus.size()));
            }
        });
        return result.size() > 1 || result.stream().anyMatch(kind -> ArmCores.isName(kind.name()))
                ? result
                : List.of();
    }

    private List<Cpu.Cache> caches() {
        String folder = CPUS + "/cpu0/cache";
        List<Cpu.Cache> caches = new ArrayList<>();
        for (String name : source.names(folder)) {
            String index = folder + "/" + name;
            if (!name.startsWith("index") || caches.size() == 8) {
                continue;
            }
            OptionalLong level = Parse.number(source, index + "/level");
            OptionalLong bytes = Parse.line(source, index + "/size").map(Parse::size).orElse(OptionalLong.empty());
            Optional<String> type = Parse.line(source, index + "/type");
            if (level.isPresent() && bytes.isPresent() && type.isPresent()) {
                int threads = Parse.line(source, index + "/shared_cpu_list").map(list -> Parse.ranges(list).size())
                        .orElse(0);
                caches.add(new Cpu.Cache(Math.clamp(level.getAsLong(), 1, 9),
                        type.get().toLowerCase(Locale.ROOT), bytes.getAsLong(), threads));
            }
        }
        return caches;
    }
}
