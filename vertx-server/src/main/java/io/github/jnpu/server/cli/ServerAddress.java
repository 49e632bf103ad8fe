package io.github.jnpu.server.cli;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * Where the server is, as {@code OLLAMA_HOST} says: host, port and scheme may each be missing.
 *
 * @param host
 *            IPv6 addresses without brackets
 */
record ServerAddress(String scheme, String host, int port, String path) {
    private static final String DEFAULT_HOST = "127.0.0.1";
    private static final int DEFAULT_PORT = 11434;

    /** The server that the environment names. */
    static ServerAddress ofEnvironment() {
        String value = System.getenv("OLLAMA_HOST");
        return of(value == null ? "" : value);
    }

    /**
     * Reads {@code host}, {@code :port}, {@code host:port} or a URL; a URL without port has its scheme's own.
     *
     * @throws IllegalArgumentException
     *             if it is none of these
     */
    static ServerAddress of(String value) {
        String text = value.strip().replaceAll("^[\"']|[\"']$", "");
        String scheme = "http";
        int port = DEFAULT_PORT;
        int separator = text.indexOf("://");
        if (separator >= 0) {
            scheme = text.substring(0, separator);
            text = text.substring(separator + 3);
            port = switch (scheme) {
                case "http" -> 80;
                case "https" -> 443;
                default -> throw invalid(value);
            };
        }
        int slash = text.indexOf('/');
        String path = slash < 0 ? "" : text.substring(slash).replaceAll("/+$", "");
        text = slash < 0 ? text : text.substring(0, slash);

        String host = text;
        int colon = text.lastIndexOf(':');
        boolean bareIpv6 = text.indexOf(':') != colon && !text.startsWith("[");
        if (colon >= 0 && !bareIpv6 && colon > text.lastIndexOf(']')) {
            host = text.substring(0, colon);
            port = port(text.substring(colon + 1), value);
        }
        host = host.replaceAll("^\\[|]$", "");
        return new ServerAddress(scheme, host.isEmpty() ? DEFAULT_HOST : host, port, path);
    }

    private static int port(String digits, String value) {
        try {
            int port = Integer.parseInt(digits);
            if (port >= 0 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException e) {
            throw invalid(value);
        }
        throw invalid(value);
    }

    private static IllegalArgumentException invalid(String value) {
        return new IllegalArgumentException("OLLAMA_HOST is no address: '%s'".formatted(value));
    }

    /** Where a client reaches it: the wildcard addresses stand for this machine. */
    URI uri(String route) {
        String target = switch (host) {
            case "0.0.0.0" -> "127.0.0.1";
            case "::" -> "::1";
            default -> host;
        };
        try {
            return new URI(scheme, null, target, port, path + route, null, null);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("OLLAMA_HOST is no address: '%s'".formatted(host), e);
        }
    }
}
