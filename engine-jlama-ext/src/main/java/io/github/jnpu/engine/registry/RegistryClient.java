package io.github.jnpu.engine.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.engine.store.Manifest;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Single requests to registries: redirects, tokens, and what is worth another try. Thread-safe. */
final class RegistryClient implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_REDIRECTS = 10;
    private static final int MAX_TOKEN_BYTES = 64 << 10;
    private static final int MAX_ERROR_BYTES = 500;
    /** A server that wants a longer pause is better tried by the user, later. */
    private static final Duration MAX_PAUSE = Duration.ofMinutes(2);
    /** Bytes in a second; what is sent more slowly is stalled. */
    private static final long MIN_UPLOAD_RATE = 20_000;
    private static final Duration CANCEL_CHECK = Duration.ofMillis(100);

    private final HttpClient http;
    private final TransferSettings settings;
    private final Path keyFile;
    private final String userAgent;
    /** By registry and repository: a token opens one of them. */
    private final Map<String, String> tokens = new ConcurrentHashMap<>();

    RegistryClient(TransferSettings settings, EnvironmentProxies proxies, Path keyFile, String userAgent) {
        // Ranges in parallel want connections of their own, not the one of HTTP/2.
        this.http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).proxy(proxies)
                .followRedirects(HttpClient.Redirect.NEVER).connectTimeout(settings.stall()).build();
        this.settings = settings;
        this.keyFile = keyFile;
        this.userAgent = userAgent;
    }

    TransferSettings settings() {
        return settings;
    }

    /**
     * A request.
     *
     * @param body
     *            made anew for every try
     * @param signs
     *            whether the user has to be known: a key is made then if there is none
     */
    record Call(String method, URI uri, Map<String, String> headers, Supplier<BodyPublisher> body, boolean signs) {
        static Call get(URI uri) {
            return new Call("GET", uri, Map.of(), BodyPublishers::noBody, false);
        }

        static Call pushing(String method, URI uri) {
            return new Call(method, uri, Map.of(), BodyPublishers::noBody, true);
        }

        Call with(String header, String value) {
            Map<String, String> more = new LinkedHashMap<>(headers);
            more.put(header, value);
            return new Call(method, uri, more, body, signs);
        }

        Call withBody(Supplier<BodyPublisher> content) {
            return new Call(method, uri, headers, content, signs);
        }

        boolean isSafe() {
            return method.equals("GET") || method.equals("HEAD");
        }
    }

    /** Something that may fail for a while. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException;
    }

    /**
     * Tries until it works, with longer and longer pauses.
     *
     * @param what
     *            for the message
     * @throws RegistryException
     *             if it did not work as often as the settings allow
     */
    <T> T retry(String what, BooleanSupplier cancelled, Attempt<T> attempt) {
        for (int failures = 1;; failures++) {
            try {
                return attempt.run();
            } catch (ConnectException e) {
                // Offline, or a name that does not exist: nobody wants to wait a minute to hear that.
                throw new RegistryException("%s: cannot connect: %s".formatted(what, reason(e)), e);
            } catch (IOException e) {
                if (failures >= settings.tries()) {
                    throw new RegistryException("%s: gave up after %d tries: %s".formatted(what, failures, reason(e)),
                            e);
                }
                pause(what, failures, e, cancelled);
            }
        }
    }

    /** Waits before the next try, or less if the work is given up. */
    void pause(String what, int failures, IOException failure, BooleanSupplier cancelled) {
        Duration asked = failure instanceof TransientException passing
                ? passing.retryAfter().orElse(Duration.ZERO)
                : Duration.ZERO;
        if (asked.compareTo(MAX_PAUSE) > 0) {
            throw new RegistryException("%s: %s; the registry asks to come back in %d s".formatted(what, failure
                    .getMessage(), asked.toSeconds()), failure);
        }
        Duration own = settings.backOff().multipliedBy(1L << Math.min(failures - 1, 16));
        Duration longest = own.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : own;
        long end = System.nanoTime() + (asked.compareTo(longest) > 0 ? asked : longest).toNanos();
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            if (cancelled.getAsBoolean()) {
                throw new CancellationException("request canceled");
            }
            try {
                Thread.sleep(Duration.ofNanos(Math.min(left, CANCEL_CHECK.toNanos())));
            } catch (InterruptedException e) {
                throw cancelled(e);
            }
        }
    }

    static String reason(IOException e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        return message.lines().findFirst().orElse(e.getClass().getSimpleName());
    }

    /**
     * Sends a request once, follows redirects of GET and HEAD, and asks for a token if the registry wants one.
     *
     * @return an answer of any status but 401, 408, 425, 429 and those of broken servers; the caller closes its body
     * @throws TransientException
     *             for these but 401
     */
    HttpResponse<InputStream> send(Call call) throws IOException {
        HttpResponse<InputStream> response = follow(call);
        if (response.statusCode() == 401) {
            String header = response.headers().firstValue("WWW-Authenticate").orElse("");
            response.body().close();
            BearerChallenge challenge = BearerChallenge.parse(header).orElseThrow(() -> new RegistryException(
                    "%s: 401: the registry wants credentials that jnpu does not have".formatted(call.uri().getHost())));
            tokens.put(repository(call.uri()), token(challenge, call));
            response = follow(call);
            if (response.statusCode() == 401) {
                response.body().close();
                throw new RegistryException(
                        "%s: 401: you are not authorized; is the key in %s.pub known to the registry?"
                                .formatted(call.uri().getHost(), keyFile));
            }
        }
        int status = response.statusCode();
        if (status == 408 || status == 425 || status == 429 || status >= 500) {
            Optional<Duration> after = response.headers().firstValue("Retry-After").flatMap(RegistryClient::seconds);
            throw new TransientException("%d: %s".formatted(status, errorText(response)), after);
        }
        return response;
    }

    /** A number of seconds; dates are not worth a parser here, the usual pause will do. */
    private static Optional<Duration> seconds(String text) {
        return text.strip().matches("\\d{1,9}")
                ? Optional.of(Duration.ofSeconds(Long.parseLong(text.strip())))
                : Optional.empty();
    }

    private HttpResponse<InputStream> follow(Call call) throws IOException {
        URI target = call.uri();
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            BodyPublisher body = call.body().get();
            // The time runs until the answer comes, so what is sent before counts.
            Duration limit = settings.stall().plusSeconds(Math.max(0, body.contentLength()) / MIN_UPLOAD_RATE);
            HttpRequest.Builder request = HttpRequest.newBuilder(target).timeout(limit)
                    .header("User-Agent", userAgent).method(call.method(), body);
            call.headers().forEach(request::header);
            // A token must not reach the hosts that blobs are really at: their addresses are signed, and they are others' machines.
            if (sameOrigin(target, call.uri())) {
                String token = tokens.get(repository(call.uri()));
                if (token != null) {
                    request.header("Authorization", "Bearer " + token);
                }
            }
            HttpResponse<InputStream> response = exchange(request.build());
            int status = response.statusCode();
            boolean redirect = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
            if (!redirect || !call.isSafe()) {
                return response;
            }
            response.body().close();
            target = location(response, target);
        }
        throw new RegistryException("%s: more than %d redirects".formatted(call.uri(), MAX_REDIRECTS));
    }

    /** Where a redirect leads. Never from HTTPS to plain HTTP. */
    static URI location(HttpResponse<?> response, URI from) {
        String text = response.headers().firstValue("Location").orElse("");
        try {
            URI target = from.resolve(URI.create(text));
            boolean http = "http".equalsIgnoreCase(target.getScheme());
            boolean https = "https".equalsIgnoreCase(target.getScheme());
            if (target.getHost() != null && (https || http && !"https".equalsIgnoreCase(from.getScheme()))) {
                return target;
            }
        } catch (IllegalArgumentException e) {
            throw new RegistryException("%s redirects to what is no address".formatted(from.getHost()), e);
        }
        throw new RegistryException("%s redirects to '%s', which is not safe to follow".formatted(from.getHost(),
                text.length() > 100 ? text.substring(0, 100) : text));
    }

    private static boolean sameOrigin(URI a, URI b) {
        return a.getScheme().equalsIgnoreCase(b.getScheme()) && a.getAuthority().equalsIgnoreCase(b.getAuthority());
    }

    private static String repository(URI uri) {
        String[] path = uri.getPath().split("/");
        return uri.getAuthority() + "/" + (path.length > 3 ? path[2] + "/" + path[3] : "");
    }

    private HttpResponse<InputStream> exchange(HttpRequest request) throws IOException {
        try {
            return http.send(request, BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            throw cancelled(e);
        }
    }

    private static CancellationException cancelled(InterruptedException e) {
        Thread.currentThread().interrupt();
        CancellationException cancelled = new CancellationException("request canceled");
        cancelled.initCause(e);
        return cancelled;
    }

    private String token(BearerChallenge challenge, Call call) throws IOException {
        // Whoever is asked for a token gets a signature of ours: only the registry itself may send us there.
        if (!challenge.realm().getHost().equalsIgnoreCase(call.uri().getHost())
                || "https".equalsIgnoreCase(call.uri().getScheme())
                        && !"https".equalsIgnoreCase(challenge.realm().getScheme())) {
            throw new RegistryException("%s: unexpected realm host '%s' in its challenge".formatted(
                    call.uri().getHost(), challenge.realm().getHost()));
        }
        URI address = challenge.tokenAddress();
        HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(settings.stall())
                .header("User-Agent", userAgent);
        Optional<Identity> identity = call.signs()
                ? Optional.of(Identity.readOrCreate(keyFile))
                : Identity.read(keyFile);
        identity.ifPresent(key -> request.header("Authorization", BearerChallenge.authorization(key, address)));
        HttpResponse<InputStream> response = exchange(request.build());
        if (response.statusCode() != 200) {
            throw new RegistryException("%s gives no token: %d: %s".formatted(address.getHost(), response.statusCode(),
                    errorText(response)));
        }
        try (InputStream body = response.body()) {
            String token = JSON.readTree(body.readNBytes(MAX_TOKEN_BYTES)).path("token").asText();
            if (!token.matches("[!-~]+")) {
                throw new RegistryException("%s gives no token".formatted(address.getHost()));
            }
            return token;
        } catch (JsonProcessingException e) {
            throw new RegistryException("%s gives a token that is no JSON".formatted(address.getHost()), e);
        }
    }

    /** The beginning of an error's body, in one printable line; closes it. */
    static String errorText(HttpResponse<InputStream> response) {
        try (InputStream body = response.body()) {
            String text = new String(body.readNBytes(MAX_ERROR_BYTES), StandardCharsets.UTF_8);
            return text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
        } catch (IOException e) {
            return "(" + reason(e) + ")";
        }
    }

    /**
     * A manifest, byte for byte.
     *
     * @throws RegistryException
     *             with Ollama's words if the registry has none of this name
     */
    byte[] manifest(RegistryReference reference, BooleanSupplier cancelled) {
        String what = "pull model manifest";
        return retry(what, cancelled, () -> {
            HttpResponse<InputStream> response = send(Call.get(reference.manifest()).with("Accept",
                    Manifest.MEDIA_TYPE));
            if (response.statusCode() == 404) {
                response.body().close();
                throw new RegistryException(what + ": file does not exist");
            }
            if (response.statusCode() != 200) {
                throw new RegistryException("%s: %d: %s".formatted(what, response.statusCode(), errorText(response)));
            }
            try (InputStream body = response.body()) {
                byte[] json = body.readNBytes(Manifest.MAX_BYTES + 1);
                if (json.length > Manifest.MAX_BYTES) {
                    throw new RegistryException("%s: it is longer than %d bytes".formatted(what, Manifest.MAX_BYTES));
                }
                return json;
            }
        });
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
