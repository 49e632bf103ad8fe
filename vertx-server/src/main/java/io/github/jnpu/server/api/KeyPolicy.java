package io.github.jnpu.server.api;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Set;

/**
 * Lets only those in who know the key, as {@code Authorization: Bearer KEY} or, as Anthropic's clients send it, {@code x-api-key: KEY}. What
 * tells nothing but that the server runs is for everybody.
 */
final class KeyPolicy implements Handler<RoutingContext> {
    private static final String BEARER = "bearer ";
    private static final Set<String> PUBLIC = Set.of("/", "/health/live");

    private final byte[] digest;

    KeyPolicy(String key) {
        this.digest = sha256(key);
    }

    @Override
    public void handle(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        boolean reads = request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        if (reads && PUBLIC.contains(request.path()) || isKey(bearer(request)) || isKey(request.getHeader(
                "x-api-key"))) {
            routing.next();
            return;
        }
        // The body is not read, so the connection cannot be used again.
        routing.response().putHeader("WWW-Authenticate", "Bearer").putHeader("Connection", "close");
        Responses.fail(routing, new ApiException(401,
                "this server wants a key: send 'Authorization: Bearer KEY' or 'x-api-key: KEY' with what JNPU_API_KEY is there"));
    }

    private static String bearer(HttpServerRequest request) {
        String header = request.getHeader("Authorization");
        return header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? header.substring(BEARER.length()).strip()
                : null;
    }

    /** Takes as long whatever is wrong with it: digests have one length, and all of their bytes are compared. */
    private boolean isKey(String candidate) {
        return candidate != null && MessageDigest.isEqual(digest, sha256(candidate));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
