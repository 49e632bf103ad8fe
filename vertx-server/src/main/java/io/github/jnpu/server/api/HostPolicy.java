package io.github.jnpu.server.api;

import io.netty.util.NetUtil;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;

/**
 * Refuses requests whose Host header names somebody else, where the server listens on a loopback address only: a web page
 * whose name was made to point here (DNS rebinding) could read the answers otherwise.
 */
final class HostPolicy implements Handler<RoutingContext> {
    private static final List<String> LOCAL_SUFFIXES = List.of(".localhost", ".local", ".internal");

    private final boolean active;
    private final String machine;

    /**
     * Sets the policy.
     *
     * @param listening
     *            the address that the server listens on
     */
    HostPolicy(InetAddress listening) {
        this.active = listening.isLoopbackAddress();
        this.machine = active ? machineName() : "";
    }

    private static String machineName() {
        try {
            return InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT);
        } catch (UnknownHostException e) {
            // A machine that cannot resolve its own name; then only the other rules hold.
            return "";
        }
    }

    @Override
    public void handle(RoutingContext routing) {
        String host = routing.request().getHeader("Host");
        if (!active || host == null || isLocal(withoutPort(host.toLowerCase(Locale.ROOT)))) {
            routing.next();
        } else {
            Responses.empty(routing, 403);
        }
    }

    private static String withoutPort(String host) {
        if (host.startsWith("[")) {
            int end = host.indexOf(']');
            return end < 0 ? host : host.substring(1, end);
        }
        int colon = host.indexOf(':');
        return colon >= 0 && colon == host.lastIndexOf(':') ? host.substring(0, colon) : host;
    }

    private boolean isLocal(String host) {
        if (host.isEmpty() || host.equals("localhost") || host.equals(machine)) {
            return true;
        }
        if (LOCAL_SUFFIXES.stream().anyMatch(host::endsWith)) {
            return true;
        }
        // Only literals: resolving a name that a client sent would be the very mistake.
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        return literal != null && isLocalAddress(literal);
    }

    private static boolean isLocalAddress(byte[] literal) {
        try {
            InetAddress address = InetAddress.getByAddress(literal);
            boolean uniqueLocal = literal.length == 16 && (literal[0] & 0xfe) == 0xfc;
            return address.isLoopbackAddress() || address.isSiteLocalAddress() || address.isAnyLocalAddress()
                    || uniqueLocal || NetworkInterface.getByInetAddress(address) != null;
        } catch (UnknownHostException | SocketException e) {
            return false;
        }
    }
}
