package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Cores and caches of a machine.
 *
 * @param cores
 *            physical cores of all sockets; at least 1
 * @param threads
 *            hardware threads of all sockets; at least 1
 * @param kinds
 *            where cores differ, what kinds there are; empty if they do not or it is unknown
 * @param caches
 *            of the first core; empty if unknown
 */
public record ProcessorTopology(int cores, int threads, List<Cpu.CoreKind> kinds, List<Cpu.Cache> caches) {
    /** Windows supports no more. */
    private static final int MAX_THREADS = 2048;
    private static final int CORE = 0;
    private static final int CACHE = 2;
    private static final int CORE_EFFICIENCY = 9;
    private static final int CORE_GROUPS = 30;
    private static final int CORE_MASKS = 32;
    private static final int CACHE_MASK = 40;
    private static final int GROUP_AFFINITY = 16;
    private static final Map<Integer, String> CACHE_TYPES = Map.of(0, "unified", 1, "instruction", 2, "data");

    public ProcessorTopology {
        if (cores < 1 || threads < cores || threads > MAX_THREADS) {
            throw new IllegalArgumentException("%d cores with %d threads".formatted(cores, threads));
        }
        kinds = List.copyOf(kinds);
        caches = List.copyOf(caches);
    }

    /**
     * Reads a list of SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX structures, as GetLogicalProcessorInformationEx gives it for 64-bit
     * processes. Structures of other kinds are passed over.
     *
     * @throws IllegalArgumentException
     *             if it names no core
     */
    static ProcessorTopology parse(byte[] list) {
        ByteBuffer data = ByteBuffer.wrap(list).order(ByteOrder.LITTLE_ENDIAN);
        int cores = 0;
        int threads = 0;
        // Cores and threads by efficiency class; the fastest cores have the highest.
        NavigableMap<Integer, int[]> classes = new TreeMap<>();
        List<Cpu.Cache> caches = new ArrayList<>();
        for (int at = 0; at + 8 <= list.length;) {
            int size = data.getInt(at + 4);
            if (size < 8 || size > list.length - at) {
                break;
            }
            switch (data.getInt(at)) {
                case CORE -> {
                    int own = 0;
                    int groups = size < CORE_MASKS ? 0 : data.getShort(at + CORE_GROUPS) & 0xFFFF;
                    for (int group = 0; group < groups && CORE_MASKS + (group + 1) * GROUP_AFFINITY <= size; group++) {
                        own += Long.bitCount(data.getLong(at + CORE_MASKS + group * GROUP_AFFINITY));
                    }
                    cores++;
                    threads += Math.max(1, own);
                    int efficiency = size < CORE_MASKS ? 0 : data.get(at + CORE_EFFICIENCY) & 0xFF;
                    int[] counts = classes.computeIfAbsent(efficiency, _ -> new int[2]);
                    counts[0]++;
                    counts[1] += Math.max(1, own);
                }
                case CACHE -> {
                    // Those of the first thread of group 0.
                    if (size >= CACHE_MASK + GROUP_AFFINITY && (data.getLong(at + CACHE_MASK) & 1) != 0
                            && data.getShort(at + CACHE_MASK + 8) == 0) {
                        caches.add(new Cpu.Cache(data.get(at + 8),
                                CACHE_TYPES.getOrDefault(data.getInt(at + 16), "unknown"),
                                Integer.toUnsignedLong(data.getInt(at + 12)),
                                Long.bitCount(data.getLong(at + CACHE_MASK))));
                    }
                }
                default -> {
                    // Sockets, dies, memory nodes.
                }
            }
            at += size;
        }
        caches.sort(Comparator.comparingInt(Cpu.Cache::level).thenComparing(Cpu.Cache::type));
        return new ProcessorTopology(cores, threads, kinds(classes), caches);
    }

    private static List<Cpu.CoreKind> kinds(NavigableMap<Integer, int[]> classes) {
        if (classes.size() < 2) {
            return List.of();
        }
        int[] fast = classes.pollLastEntry().getValue();
        int slowCores = classes.values().stream().mapToInt(counts -> counts[0]).sum();
        int slowThreads = classes.values().stream().mapToInt(counts -> counts[1]).sum();
        return List.of(new Cpu.CoreKind("performance", fast[0], fast[1]),
                new Cpu.CoreKind("efficiency", slowCores, slowThreads));
    }
}
