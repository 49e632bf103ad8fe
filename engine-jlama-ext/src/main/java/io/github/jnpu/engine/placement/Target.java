package io.github.jnpu.engine.placement;

import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.ComputeBackend;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What somebody wants a stage to run on: {@code auto}, a sort of processor ({@code cpu}, {@code gpu}, {@code npu}), a backend
 * ({@code vector}), or one of its devices ({@code onnxruntime:webgpu}).
 *
 * @param name
 *            {@code auto}, the sort in lower case, or the backend's name
 * @param device
 *            of the backend, as users write it
 */
public record Target(String name, Optional<String> device) {
    /** Whatever is best. */
    public static final Target AUTO = new Target("auto", Optional.empty());

    static Target parse(String text) {
        int colon = text.indexOf(':');
        String name = (colon < 0 ? text : text.substring(0, colon)).strip();
        Optional<String> device = colon < 0 ? Optional.empty() : Optional.of(text.substring(colon + 1).strip());
        if (name.isEmpty() || device.isPresent() && device.get().isEmpty()) {
            throw new IllegalArgumentException("'%s' names no device".formatted(text));
        }
        String lower = name.toLowerCase(Locale.ROOT);
        boolean fixed = lower.equals(AUTO.name) || sort(lower).isPresent();
        if (fixed && device.isPresent()) {
            throw new IllegalArgumentException("'%s' takes no device behind the colon: write BACKEND:DEVICE"
                    .formatted(text));
        }
        return new Target(lower, device);
    }

    boolean isAuto() {
        return equals(AUTO);
    }

    /** The sort of processor, if that is all that is asked for. */
    Optional<Acceleration> sort() {
        return sort(name);
    }

    private static Optional<Acceleration> sort(String name) {
        return Arrays.stream(Acceleration.values()).filter(sort -> sort.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst();
    }

    /** Whether a backend, which has been put on the device that is named, is meant. */
    boolean means(ComputeBackend backend) {
        return isAuto() || sort().map(sort -> sort == backend.acceleration())
                .orElseGet(() -> name.equals(backend.name()));
    }

    @Override
    public String toString() {
        return device.map(which -> name + ":" + which).orElse(name);
    }
}
