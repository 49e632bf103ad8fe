package io.github.jnpu.engine.registry;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The proxies that environment variables name, in either case: HTTPS_PROXY, HTTP_PROXY, and NO_PROXY with hosts and domains to reach
 * without one. This machine is always reached without one.
 */
final class EnvironmentProxies extends ProxySelector {
    private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);

    private final Map<String, String> environment;

    EnvironmentProxies(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    private String value(String name) {
        String upper = environment.getOrDefault(name, "");
        return (upper.isBlank() ? environment.getOrDefault(name.toLowerCase(Locale.ROOT), "") : upper).strip();
    }

    @Override
    public List<Proxy> select(URI uri) {
        String proxy = value(uri.getScheme().equalsIgnoreCase("https") ? "HTTPS_PROXY" : "HTTP_PROXY");
        if (proxy.isEmpty() || uri.getHost() == null || isDirect(uri)) {
            return DIRECT;
        }
        return List.of(new Proxy(Proxy.Type.HTTP, address(proxy)));
    }

    private static InetSocketAddress address(String proxy) {
        try {
            URI uri = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
            if ("http".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null && uri.getUserInfo() == null) {
                return InetSocketAddress.createUnresolved(uri.getHost(), uri.getPort() < 0 ? 80 : uri.getPort());
            }
        } catch (IllegalArgumentException e) {
            throw new RegistryException("the environment's proxy is no address: '%s'".formatted(proxy), e);
        }
        throw new RegistryException(
                "the environment's proxy must be http://HOST:PORT without a password; set HTTPS_PROXY or NO_PROXY anew");
    }

    private boolean isDirect(URI uri) {
        String host = uri.getHost().toLowerCase(Locale.ROOT);
        if (host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]")) {
            return true;
        }
        for (String entry : value("NO_PROXY").toLowerCase(Locale.ROOT).split("[,\\s]+")) {
            if (!entry.isEmpty() && matches(entry, host, port(uri))) {
                return true;
            }
        }
        return false;
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
    }

    private static boolean matches(String entry, String host, int port) {
        String name = entry;
        int colon = entry.lastIndexOf(':');
        if (colon > 0 && entry.indexOf(':') == colon) {
            if (!entry.substring(colon + 1).equals(Integer.toString(port))) {
                return false;
            }
            name = entry.substring(0, colon);
        }
        String domain = name.startsWith("*.") ? name.substring(1) : name;
        return domain.equals("*") || host.equals(domain)
                || host.endsWith(domain.startsWith(".") ? domain : "." + domain);
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // The request fails with the same exception.
    }
}
