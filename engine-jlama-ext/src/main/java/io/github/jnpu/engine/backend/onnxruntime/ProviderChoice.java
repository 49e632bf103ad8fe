package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.onnxruntime.capi.Environment;
import io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeLibrary;
import io.github.jnpu.engine.backend.onnxruntime.capi.ProviderDevice;
import io.github.jnpu.engine.backend.onnxruntime.capi.SessionOptions;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A provider and how it is to run. Users write it behind {@code onnxruntime:} as {@code PROVIDER[;KEY=VALUE...]}: the name of an
 * {@link ExecutionProvider}, or {@code name=FILE} for a library that ONNX Runtime takes providers from. Of the keys, {@code fallback=cpu} is for us, and
 * {@code device=npu}, {@code gpu} or {@code cpu} for libraries; all others go to the provider as its options.
 */
sealed interface ProviderChoice {
    /** In the session's entries: no node may go to the CPU. */
    String DISABLE_FALLBACK = "session.disable_cpu_ep_fallback";

    /**
     * A provider of the library's own.
     *
     * @param strict
     *            whether a node that it cannot run makes the session fail; otherwise the CPU runs it
     */
    record BuiltIn(ExecutionProvider provider, Map<String, String> options, boolean strict) implements ProviderChoice {
        public BuiltIn {
            Map<String, String> all = new TreeMap<>(provider.defaults());
            all.putAll(options);
            options = all;
        }

        @Override
        public String name() {
            return provider.option();
        }

        @Override
        public String label() {
            return provider.label();
        }

        /** OpenVINO has several sorts of devices. */
        @Override
        public Acceleration acceleration() {
            String type = options.getOrDefault("device_type", "").toUpperCase(Locale.ROOT);
            return type.startsWith("GPU")
                    ? Acceleration.GPU
                    : type.startsWith("CPU") ? Acceleration.CPU : provider.acceleration();
        }

        @Override
        public boolean isCpu() {
            return provider == ExecutionProvider.CPU;
        }

        @Override
        public String text() {
            Map<String, String> given = new TreeMap<>(options);
            given.entrySet().removeAll(provider.defaults().entrySet());
            return ProviderChoice.text(provider.option(), given, strict);
        }

        @Override
        public Optional<String> complaint() {
            return provider.complaint();
        }

        @Override
        public OnnxOptions suited(OnnxOptions options) {
            return provider.suited(options);
        }

        @Override
        public ProviderChoice allowingCpu() {
            return new BuiltIn(provider, options, false);
        }

        @Override
        public void addTo(SessionOptions settings) {
            provider.addTo(settings, options);
            if (strict && !isCpu()) {
                settings.entry(DISABLE_FALLBACK, "1");
            }
        }
    }

    /**
     * A provider in a library of its own.
     *
     * @param name
     *            the user's for it
     * @param file
     *            the library
     * @param device
     *            the sort of device, if one was asked for; otherwise an NPU goes before a GPU, and a GPU before the CPU
     */
    record Library(String name, String file, Optional<Acceleration> device, Map<String, String> options,
            boolean strict) implements ProviderChoice {
        private static final List<Acceleration> ORDER = List.of(Acceleration.NPU, Acceleration.GPU, Acceleration.CPU);

        @Override
        public String label() {
            return name;
        }

        @Override
        public Acceleration acceleration() {
            return complaint().isPresent()
                    ? device.orElse(Acceleration.NPU)
                    : devices().getFirst().device().type();
        }

        @Override
        public boolean isCpu() {
            return false;
        }

        @Override
        public String text() {
            Map<String, String> given = new TreeMap<>(options);
            device.ifPresent(type -> given.put("device", type.name().toLowerCase(Locale.ROOT)));
            return ProviderChoice.text(name + "=" + file, given, strict);
        }

        @Override
        public ProviderChoice allowingCpu() {
            return new Library(name, file, device, options, false);
        }

        /** One device of the sort that is wanted most; empty if it finds none. */
        private List<ProviderDevice> devices() {
            List<ProviderDevice> all = Environment.shared().register(name, file);
            return ORDER.stream().filter(type -> device.isEmpty() || device.get() == type)
                    .flatMap(type -> all.stream().filter(found -> found.device().type() == type)).limit(1).toList();
        }

        @Override
        public Optional<String> complaint() {
            try {
                return devices().isEmpty()
                        ? Optional.of("provider '%s' of %s finds no %s in this machine".formatted(name, file, device
                                .map(Acceleration::name).orElse("device")))
                        : Optional.empty();
            } catch (BackendException e) {
                return Optional.of(e.getMessage());
            }
        }

        @Override
        public void addTo(SessionOptions settings) {
            settings.devices(devices(), options);
            if (strict) {
                settings.entry(DISABLE_FALLBACK, "1");
            }
        }
    }

    /**
     * What a user has written.
     *
     * @throws BackendException
     *             one line that says what is wrong with it
     */
    static ProviderChoice of(String text) {
        String[] parts = text.split(";");
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 1; i < parts.length; i++) {
            String[] pair = parts[i].split("=", 2);
            if (pair.length < 2 || pair[0].isBlank()) {
                throw new BackendException("'%s' in 'onnxruntime:%s' is not KEY=VALUE".formatted(parts[i], text));
            }
            options.put(pair[0].strip(), pair[1].strip());
        }
        String fallback = options.remove("fallback");
        if (fallback != null && !fallback.equals("cpu") && !fallback.equals("none")) {
            throw new BackendException("fallback is cpu or none in 'onnxruntime:%s', not '%s'".formatted(text,
                    fallback));
        }
        boolean strict = !"cpu".equals(fallback);
        int equals = parts[0].indexOf('=');
        if (equals < 0) {
            return new BuiltIn(ExecutionProvider.of(parts[0].strip()), options, strict);
        }
        String name = parts[0].substring(0, equals).strip();
        String file = parts[0].substring(equals + 1).strip();
        if (name.isEmpty() || file.isEmpty()) {
            throw new BackendException("'%s' in 'onnxruntime:%s' is not name=FILE".formatted(parts[0], text));
        }
        return new Library(name, file, Optional.ofNullable(options.remove("device")).map(device -> sort(device, text)),
                options, strict);
    }

    private static Acceleration sort(String device, String text) {
        try {
            return Acceleration.valueOf(device.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new BackendException("device is npu, gpu or cpu in 'onnxruntime:%s', not '%s'".formatted(text,
                    device), e);
        }
    }

    /** The user's name for it. */
    String name();

    private static String text(String first, Map<String, String> options, boolean strict) {
        StringBuilder text = new StringBuilder(first);
        options.forEach((key, value) -> text.append(';').append(key).append('=').append(value));
        return strict ? text.toString() : text.append(";fallback=cpu").toString();
    }

    /** What {@link #of} makes the same of. */
    String text();

    /** For people. */
    String label();

    /** What sort of processor computes. Of a library's provider it is known only when it has been asked. */
    Acceleration acceleration();

    /** Whether it is ONNX Runtime's own provider for CPUs. */
    boolean isCpu();

    /** Whether no node may go to the CPU. */
    boolean strict();

    /** The same where nodes may go to the CPU. */
    ProviderChoice allowingCpu();

    /** Why it cannot be used here, on one line; empty if it can. Loads libraries. */
    Optional<String> complaint();

    /** How models are written for it. */
    default OnnxOptions suited(OnnxOptions options) {
        return isCpu() ? options : options.withProducts(OnnxOptions.Products.STANDARD);
    }

    /** Makes sessions run here, and if it is strict nowhere else. */
    void addTo(SessionOptions settings);

    /** The version of ONNX Runtime, for people. */
    static String libraryVersion() {
        return OnnxRuntimeLibrary.complaint().isPresent() ? "that does not load" : OnnxRuntimeLibrary.load().version();
    }
}
