package io.github.jnpu.server;

import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.server.model.GoDuration;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the server is set up.
 *
 * @param host
 *            the address to listen on; {@code 0.0.0.0} for all
 * @param port
 *            0 for any free one
 * @param store
 *            the installed models
 * @param keepAlive
 *            how long an idle model stays in memory; {@link GoDuration#FOREVER} is the longest
 * @param maxLoadedModels
 *            models in memory at once
 * @param numParallel
 *            answers of a model that are written at the same time, each with a KV cache of its own
 * @param maxQueue
 *            requests that may wait for a model to load
 * @param maxMemory
 *            bytes that models may take together; empty for what the machine or its container has; 0 for no check
 * @param origins
 *            origins that browsers may call from, before the default ones; {@code *} stands for any text
 * @param apiKey
 *            what clients have to know; empty if everybody is let in
 * @param contextLength
 *            for requests and models that do not say; 0 for the engine's default
 * @param cacheType
 *            number format of the KV cache
 * @param repack
 *            whether models lay their weights out anew while loading
 * @param weightCache
 *            the folder that keeps weights as they were laid out; empty to keep nothing
 * @param place
 *            what runs the stages of models that do not say, nor their requests
 * @param goTemplate
 *            whether Modelfiles' templates are taken in any case, or in none; empty to choose for each model
 * @param connections
 *            what a client may take up
 * @param grace
 *            how long answers may go on when the server is told to end
 */
public record ServerOptions(String host, int port, ModelStore store, Duration keepAlive, int maxLoadedModels,
        int numParallel, int maxQueue, OptionalLong maxMemory, List<String> origins, Optional<String> apiKey,
        int contextLength, KvCacheType cacheType, boolean repack, Optional<Path> weightCache, PlacementWish place,
        Optional<Boolean> goTemplate, ConnectionLimits connections, Duration grace) {
    public static final int DEFAULT_PORT = 11434;

    private static final Duration DEFAULT_KEEP_ALIVE = Duration.ofMinutes(5);
    private static final int DEFAULT_MAX_QUEUE = 512;
    /** Ollama allows three per GPU; a machine without one counts as having one. */
    private static final int DEFAULT_MAX_LOADED_MODELS = 3;
    private static final Duration DEFAULT_GRACE = Duration.ofSeconds(10);

    public ServerOptions {
        origins = List.copyOf(origins);
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port must be between 0 and 65535, is " + port);
        }
        if (maxLoadedModels < 1 || maxQueue < 1 || contextLength < 0) {
            throw new IllegalArgumentException("maxLoadedModels and maxQueue are at least 1");
        }
        if (numParallel < 1 || numParallel > ModelOptions.MAX_PARALLEL) {
            throw new IllegalArgumentException("OLLAMA_NUM_PARALLEL must be from 1 to %d, is %d".formatted(
                    ModelOptions.MAX_PARALLEL, numParallel));
        }
    }

    /**
     * Reads the variables that Ollama's server knows: OLLAMA_HOST, OLLAMA_MODELS, OLLAMA_KEEP_ALIVE, OLLAMA_MAX_QUEUE,
     * OLLAMA_MAX_LOADED_MODELS, OLLAMA_NUM_PARALLEL, OLLAMA_ORIGINS, OLLAMA_CONTEXT_LENGTH, OLLAMA_KV_CACHE_TYPE, OLLAMA_GO_TEMPLATE; and JNPU_REPACK,
     * JNPU_WEIGHT_CACHE, JNPU_PLACE, JNPU_STRICT, JNPU_API_KEY, JNPU_MAX_MEMORY, JNPU_MAX_CONNECTIONS and JNPU_SHUTDOWN_GRACE.
     *
     * @throws IllegalArgumentException
     *             one line that names the variable, if one has a value that cannot be used
     */
    public static ServerOptions of(Map<String, String> environment) {
        ListenAddress address = ListenAddress.parse(value(environment, "OLLAMA_HOST"));
        int maxLoaded = wholeNumber(environment, "OLLAMA_MAX_LOADED_MODELS", 0);
        String key = value(environment, "JNPU_API_KEY");
        return new ServerOptions(address.host(), address.port(), new ModelStore(ModelStore.folder(environment)),
                duration(environment, "OLLAMA_KEEP_ALIVE", DEFAULT_KEEP_ALIVE),
                maxLoaded == 0 ? DEFAULT_MAX_LOADED_MODELS : maxLoaded,
                Math.max(1, wholeNumber(environment, "OLLAMA_NUM_PARALLEL", 1)),
                Math.max(1, wholeNumber(environment, "OLLAMA_MAX_QUEUE", DEFAULT_MAX_QUEUE)),
                maxMemory(value(environment, "JNPU_MAX_MEMORY")),
                origins(value(environment, "OLLAMA_ORIGINS")), key.isEmpty() ? Optional.empty() : Optional.of(key),
                wholeNumber(environment, "OLLAMA_CONTEXT_LENGTH", 0),
                cacheType(value(environment, "OLLAMA_KV_CACHE_TYPE")),
                flag("JNPU_REPACK", value(environment, "JNPU_REPACK"), true),
                weightCache(environment), place(environment), goTemplate(environment),
                ConnectionLimits.DEFAULT.withConnections(Math.max(1, wholeNumber(environment, "JNPU_MAX_CONNECTIONS",
                        ConnectionLimits.DEFAULT.connections()))),
                duration(environment, "JNPU_SHUTDOWN_GRACE", DEFAULT_GRACE));
    }

    public ServerOptions withAddress(String newHost, int newPort) {
        return new ServerOptions(newHost, newPort, store, keepAlive, maxLoadedModels, numParallel, maxQueue, maxMemory,
                origins, apiKey, contextLength, cacheType, repack, weightCache, place, goTemplate, connections, grace);
    }

    public ServerOptions withPlace(PlacementWish newPlace) {
        return new ServerOptions(host, port, store, keepAlive, maxLoadedModels, numParallel, maxQueue, maxMemory,
                origins, apiKey, contextLength, cacheType, repack, weightCache, newPlace, goTemplate, connections,
                grace);
    }

    public ServerOptions withStore(ModelStore newStore) {
        return new ServerOptions(host, port, newStore, keepAlive, maxLoadedModels, numParallel, maxQueue, maxMemory,
                origins, apiKey, contextLength, cacheType, repack, weightCache, place, goTemplate, connections, grace);
    }

    public ServerOptions withConnections(ConnectionLimits limits) {
        return new ServerOptions(host, port, store, keepAlive, maxLoadedModels, numParallel, maxQueue, maxMemory,
                origins, apiKey, contextLength, cacheType, repack, weightCache, place, goTemplate, limits, grace);
    }

    private static String value(Map<String, String> environment, String name) {
        String text = environment.getOrDefault(name, "").strip();
        if (text.length() > 1 && text.charAt(0) == text.charAt(text.length() - 1)
                && (text.charAt(0) == '"' || text.charAt(0) == '\'')) {
            text = text.substring(1, text.length() - 1).strip();
        }
        return text;
    }

    private static int wholeNumber(Map<String, String> environment, String name, int absent) {
        String text = value(environment, name);
        if (text.isEmpty()) {
            return absent;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("%s must be a whole number, is '%s'".formatted(name, text), e);
        }
        throw new IllegalArgumentException("%s must not be negative, is %s".formatted(name, text));
    }

    private static Duration duration(Map<String, String> environment, String name, Duration absent) {
        String text = value(environment, name);
        if (text.isEmpty()) {
            return absent;
        }
        try {
            if (text.matches("[+-]?\\d{1,18}")) {
                return GoDuration.keepAlive(Long.parseLong(text));
            }
            return GoDuration.keepAlive(GoDuration.parse(text));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "%s must be a duration such as 5m or a number of seconds, is '%s'".formatted(name, text), e);
        }
    }

    /** {@code 12g}, {@code 500m}, {@code 0} for no check, or bytes. */
    private static OptionalLong maxMemory(String text) {
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        Matcher matcher = Pattern.compile("(\\d{1,12})([kmgt]?)(i?b)?", Pattern.CASE_INSENSITIVE).matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "JNPU_MAX_MEMORY must be a size such as 12g or 500m, or 0 for no check, is '%s'".formatted(text));
        }
        int shift = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
            case "k" -> 10;
            case "m" -> 20;
            case "g" -> 30;
            case "t" -> 40;
            default -> 0;
        };
        return OptionalLong.of(Math.multiplyExact(Math.min(Long.parseLong(matcher.group(1)), 1L << 22 << (40 - shift)),
                1L << shift));
    }

    private static List<String> origins(String text) {
        List<String> origins = new ArrayList<>();
        for (String origin : text.split(",")) {
            String entry = origin.strip();
            if (entry.isEmpty()) {
                continue;
            }
            if (!entry.contains("*") && !entry.contains("://")) {
                throw new IllegalArgumentException(
                        "OLLAMA_ORIGINS: '%s' needs a scheme, for example http://%s, or a *".formatted(entry, entry));
            }
            if (entry.indexOf('*') != entry.lastIndexOf('*')) {
                throw new IllegalArgumentException("OLLAMA_ORIGINS: '%s' has more than one *".formatted(entry));
            }
            origins.add(entry);
        }
        return origins;
    }

    private static boolean flag(String name, String text, boolean absent) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "" -> absent;
            case "1", "true" -> true;
            case "0", "false" -> false;
            default -> throw new IllegalArgumentException("%s must be 1 or 0, is '%s'".formatted(name, text));
        };
    }

    private static Optional<Boolean> goTemplate(Map<String, String> environment) {
        String text = value(environment, "OLLAMA_GO_TEMPLATE");
        return text.isEmpty() ? Optional.empty() : Optional.of(flag("OLLAMA_GO_TEMPLATE", text, true));
    }

    /** JNPU_WEIGHT_CACHE: 1 for the folder in the model store, 0 or nothing for none. */
    private static Optional<Path> weightCache(Map<String, String> environment) {
        return flag("JNPU_WEIGHT_CACHE", value(environment, "JNPU_WEIGHT_CACHE"), false)
                ? Optional.of(new ModelStore(ModelStore.folder(environment)).weightCache())
                : Optional.empty();
    }

    /**
     * JNPU_PLACE and JNPU_STRICT.
     *
     * @throws IllegalArgumentException
     *             one line that names the variable, if one has a value that cannot be used
     */
    public static PlacementWish place(Map<String, String> environment) {
        boolean strict = flag("JNPU_STRICT", value(environment, "JNPU_STRICT"), false);
        String text = value(environment, "JNPU_PLACE");
        try {
            return text.isEmpty() ? PlacementWish.AUTO.withStrict(strict) : PlacementWish.parse(text, strict);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("JNPU_PLACE: " + e.getMessage(), e);
        }
    }

    private static KvCacheType cacheType(String text) {
        if (text.isEmpty()) {
            return KvCacheType.F16;
        }
        return KvCacheType.ofLabel(text).orElseThrow(() -> new IllegalArgumentException(
                "OLLAMA_KV_CACHE_TYPE '%s' is not supported; use one of %s".formatted(text, KvCacheType.labels())));
    }
}
