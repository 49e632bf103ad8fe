package io.github.jnpu.server;

/** Where to listen, in the notation of OLLAMA_HOST: {@code [scheme://][host][:port][/path]}. */
record ListenAddress(String host, int port) {
    private static final String LOOPBACK = "127.0.0.1";

    static ListenAddress parse(String text) {
        int port = ServerOptions.DEFAULT_PORT;
        String rest = text;
        int scheme = rest.indexOf("://");
        if (scheme >= 0) {
            port = switch (rest.substring(0, scheme)) {
                case "http" -> 80;
                case "https" -> 443;
                default -> port;
            };
            rest = rest.substring(scheme + 3);
        }
        int slash = rest.indexOf('/');
        if (slash >= 0) {
            rest = rest.substring(0, slash);
        }
        String host = rest;
        int colon = rest.lastIndexOf(':');
        // More than one colon outside brackets is an IPv6 address without a port.
        boolean hasPort = colon >= 0 && (rest.indexOf(':') == colon || rest.startsWith("[") && rest.indexOf(
                ']') == colon - 1);
        if (hasPort) {
            host = rest.substring(0, colon);
            port = port(rest.substring(colon + 1), port);
            if (host.isEmpty()) {
                return new ListenAddress("0.0.0.0", port);
            }
        }
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        return new ListenAddress(host.isEmpty() ? LOOPBACK : host, port);
    }

    private static int port(String text, int fallback) {
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) > 65535) {
            return fallback;
        }
        return Integer.parseInt(text);
    }
}
