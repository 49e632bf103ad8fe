package io.github.jnpu.probe.detect;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An Apple chip of a Mac, as {@code machdep.cpu.brand_string} names it: {@code Apple M4 Max}.
 *
 * @param generation
 *            1 for M1
 * @param variant
 *            {@code Pro}, {@code Max}, {@code Ultra} or empty
 */
record AppleChip(int generation, String variant) {
    private static final Pattern BRAND = Pattern.compile("Apple M(\\d{1,2})(?: (Pro|Max|Ultra))?");
    /**
     * What Apple said of a 16-core Neural Engine when it introduced the chip; of M5 it gave no figure. The precision it leaves out.
     */
    private static final Map<Integer, Double> TOPS = Map.of(1, 11.0, 2, 15.8, 3, 18.0, 4, 38.0);
    /** An Ultra is two Max; Apple gave its figure for these generations only. */
    private static final Map<Integer, Double> ULTRA_TOPS = Map.of(1, 22.0, 2, 31.6);

    /** Empty for Intel Macs, and in virtual machines, whose processor has no number. */
    static Optional<AppleChip> of(String brand) {
        Matcher matcher = BRAND.matcher(brand.strip());
        return matcher.matches()
                ? Optional.of(new AppleChip(Integer.parseInt(matcher.group(1)),
                        matcher.group(2) == null ? "" : matcher.group(2)))
                : Optional.empty();
    }

    String name() {
        return "M" + generation + (variant.isEmpty() ? "" : " " + variant);
    }

    OptionalDouble tops() {
        Double tops = (variant.equals("Ultra") ? ULTRA_TOPS : TOPS).get(generation);
        return tops == null ? OptionalDouble.empty() : OptionalDouble.of(tops);
    }

    int neuralCores() {
        return variant.equals("Ultra") ? 32 : 16;
    }

    /** What Core ML runs the Neural Engine at: weights may be INT8, sums are FP16. */
    List<String> neuralPrecisions() {
        return List.of("FP16", "INT8");
    }
}
