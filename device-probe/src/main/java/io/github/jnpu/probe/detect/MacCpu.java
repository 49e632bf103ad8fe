package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** The processor as sysctl tells of it. Extensions are given Linux's names, which the rest of jnpu goes by. */
final class MacCpu {
    /** More threads than any Mac has; a file that claims more is broken. */
    private static final int MAX_THREADS = 1024;
    private static final int MAX_LEVELS = 4;
    private static final Map<String, String> INTEL = new LinkedHashMap<>();
    private static final Map<String, String> ARM = new LinkedHashMap<>();
    static {
        INTEL.put("SSE4.2", "sse4_2");
        INTEL.put("AVX1.0", "avx");
        INTEL.put("F16C", "f16c");
        INTEL.put("FMA", "fma");
        INTEL.put("AVX2", "avx2");
        INTEL.put("AVX512F", "avx512f");
        INTEL.put("AVX512BW", "avx512bw");
        INTEL.put("AVX512VNNI", "avx512_vnni");
        ARM.put("AdvSIMD", "asimd");
        ARM.put("arm.FEAT_FP16", "asimdhp");
        ARM.put("arm.FEAT_DotProd", "asimddp");
        ARM.put("arm.FEAT_I8MM", "i8mm");
        ARM.put("arm.FEAT_BF16", "bf16");
        ARM.put("arm.FEAT_SME", "sme");
        ARM.put("arm.FEAT_SME2", "sme2");
    }

    private final SystemSource source;
    private final OptionalInt processors;

    /**
     * @param processors
     *            hardware threads that the JVM may use; empty for another machine
     */
    MacCpu(SystemSource source, OptionalInt processors) {
        this.source = source;
        this.processors = processors;
    }

    Cpu read() {
        int logical = processors.orElse(number("hw.logicalcpu").orElse(1));
        int machine = number("hw.physicalcpu").orElse(logical);
        int physical = Math.min(machine, logical);
        List<String> features = features();
        return new Cpu(source.sysctl("machdep.cpu.brand_string").filter(name -> !name.isEmpty()).orElse("unknown"),
                physical, logical, machine, kinds(), features,
                // HotSpot knows no SME; macOS has no SVE outside its streaming mode.
                features.contains("asimd")
                        ? VectorWidth.ofArm(List.of("asimd"), OptionalInt.empty())
                        : VectorWidth.ofX86(features, 0, 0, 0),
                caches());
    }

    private List<Cpu.CoreKind> kinds() {
        List<Cpu.CoreKind> kinds = new ArrayList<>();
        int levels = Math.min(number("hw.nperflevels").orElse(0), MAX_LEVELS);
        for (int level = 0; level < levels; level++) {
            String prefix = "hw.perflevel" + level;
            OptionalInt cores = number(prefix + ".physicalcpu");
            if (cores.isPresent()) {
                kinds.add(new Cpu.CoreKind(
                        source.sysctl(prefix + ".name").orElse("level " + level).toLowerCase(Locale.ROOT),
                        cores.getAsInt(), number(prefix + ".logicalcpu").orElse(cores.getAsInt())));
            }
        }
        return kinds.size() > 1 ? kinds : List.of();
    }

    private List<String> features() {
        List<String> arm = ARM.entrySet().stream()
                .filter(name -> source.sysctl("hw.optional." + name.getKey()).filter("1"::equals).isPresent())
                .map(Map.Entry::getValue).toList();
        if (!arm.isEmpty()) {
            return arm;
        }
        Set<String> intel = Set.copyOf(Stream.of("machdep.cpu.features", "machdep.cpu.leaf7_features")
                .flatMap(name -> Stream.of(source.sysctl(name).orElse("").split("\\s+"))).distinct().toList());
        return INTEL.entrySet().stream().filter(name -> intel.contains(name.getKey())).map(Map.Entry::getValue)
                .toList();
    }

    /** Of the fastest cores, which are level 0. */
    private List<Cpu.Cache> caches() {
        List<Cpu.Cache> caches = new ArrayList<>();
        String fast = number("hw.nperflevels").orElse(0) > 1 ? "hw.perflevel0." : "hw.";
        cache(caches, 1, "data", fast + "l1dcachesize", 1);
        cache(caches, 1, "instruction", fast + "l1icachesize", 1);
        cache(caches, 2, "unified", fast + "l2cachesize", number(fast + "cpusperl2").orElse(0));
        cache(caches, 3, "unified", "hw.l3cachesize", 0);
        return caches;
    }

    private void cache(List<Cpu.Cache> caches, int level, String type, String name, int threads) {
        OptionalLong bytes = source.sysctl(name).map(Parse::number).orElse(OptionalLong.empty());
        if (bytes.isPresent() && bytes.getAsLong() > 0) {
            caches.add(new Cpu.Cache(level, type, bytes.getAsLong(), threads));
        }
    }

    private OptionalInt number(String name) {
        OptionalLong value = source.sysctl(name).map(Parse::number).orElse(OptionalLong.empty());
        return value.isPresent() && value.getAsLong() > 0 && value.getAsLong() <= MAX_THREADS
                ? OptionalInt.of((int) value.getAsLong())
                : OptionalInt.empty();
    }
}
