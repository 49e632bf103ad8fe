package io.github.jnpu.engine.registry;

import io.github.jnpu.engine.store.Digest;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a registry asks for with 401: where a token is to be had, and for what. */
record BearerChallenge(URI realm, String service, String scope) {
    private static final Pattern PARAMETER = Pattern.compile("([a-zA-Z]+)\\s*=\\s*\"([^\"]*)\"");
    private static final int NONCE_BYTES = 16;
    /** The base64 of the hexadecimal SHA-256 of nothing, which signed requests carry as that of their body. */
    private static final String EMPTY_BODY = Base64.getEncoder().encodeToString(
            Digest.of(new byte[0]).hex().getBytes(StandardCharsets.US_ASCII));

    /** Reads a {@code WWW-Authenticate} header; empty if it asks for something else. */
    static Optional<BearerChallenge> parse(String header) {
        if (!header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return Optional.empty();
        }
        Map<String, String> values = new HashMap<>();
        for (Matcher matcher = PARAMETER.matcher(header); matcher.find();) {
            values.putIfAbsent(matcher.group(1).toLowerCase(Locale.ROOT), matcher.group(2));
        }
        try {
            URI realm = URI.create(values.getOrDefault("realm", ""));
            return realm.getHost() == null
                    ? Optional.empty()
                    : Optional.of(new BearerChallenge(realm, values.getOrDefault("service", ""),
                            values.getOrDefault("scope", "")));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Where to ask for the token; different at each call. */
    URI tokenAddress() {
        byte[] nonce = new byte[NONCE_BYTES];
        new SecureRandom().nextBytes(nonce);
        // In the order of their names, as Go writes queries.
        StringBuilder query = new StringBuilder("nonce=")
                .append(Base64.getUrlEncoder().withoutPadding().encodeToString(nonce));
        for (String part : scope.split(" ")) {
            query.append("&scope=").append(URLEncoder.encode(part, StandardCharsets.UTF_8));
        }
        query.append("&service=").append(URLEncoder.encode(service, StandardCharsets.UTF_8));
        query.append("&ts=").append(Instant.now().getEpochSecond());
        String text = realm.toString();
        return URI.create(text + (realm.getRawQuery() == null ? "?" : "&") + query);
    }

    /** The header that proves who asks for a token at this address. */
    static String authorization(Identity identity, URI tokenAddress) {
        return identity.publicKey() + ":" + identity.sign("GET," + tokenAddress + "," + EMPTY_BODY);
    }
}
