package io.github.jnpu.probe.detect;

import com.sun.management.HotSpotDiagnosticMXBean;

import java.lang.management.ManagementFactory;
import java.util.Collection;
import java.util.OptionalInt;

/** How wide the vectors are that Java uses. */
public final class VectorWidth {
    /** Intel's family and model of Skylake server processors; Cascade Lake and Cooper Lake differ from it by their stepping only. */
    private static final int INTEL_FAMILY = 6;
    private static final int SKYLAKE_SERVER = 0x55;
    private static final int CASCADE_LAKE_STEPPING = 5;

    private VectorWidth() {}

    /**
     * What this JVM says, flags like {@code -XX:UseAVX} included; empty if it is no HotSpot with an optimising compiler. The first
     * call takes some ten milliseconds, which loads the JVM's management.
     */
    public static OptionalInt ofThisJvm() {
        try {
            HotSpotDiagnosticMXBean bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            int bytes = bean == null ? 0 : Integer.parseInt(bean.getVMOption("MaxVectorSize").getValue());
            return bytes > 0 ? OptionalInt.of(bytes * Byte.SIZE) : OptionalInt.empty();
        } catch (IllegalArgumentException e) {
            // No such option, or no number: this JVM has no vectors to tell of.
            return OptionalInt.empty();
        }
    }

    /**
     * What HotSpot would choose on an x86 processor ({@code vm_version_x86.cpp}): AVX-512 wherever it is, but not by itself on Skylake
     * servers, whose clock it lowers.
     *
     * @param features
     *            as Linux spells them
     */
    public static OptionalInt ofX86(Collection<String> features, int family, int model, int stepping) {
        boolean slowed = family == INTEL_FAMILY && model == SKYLAKE_SERVER && stepping < CASCADE_LAKE_STEPPING;
        if (features.contains("avx512f") && !slowed) {
            return OptionalInt.of(512);
        }
        if (features.contains("avx")) {
            return OptionalInt.of(256);
        }
        return features.contains("sse4_2") ? OptionalInt.of(128) : OptionalInt.empty();
    }

    /**
     * What HotSpot would choose on a 64-bit Arm processor.
     *
     * @param sveBits
     *            the length of scalable vectors, if the system tells
     */
    public static OptionalInt ofArm(Collection<String> features, OptionalInt sveBits) {
        if (features.contains("sve")) {
            return sveBits;
        }
        return features.contains("asimd") ? OptionalInt.of(128) : OptionalInt.empty();
    }
}
