package io.github.jnpu.server.api;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

import java.util.ArrayList;
import java.util.List;

/** Which web pages may call the API (CORS). Requests without an origin are none of its business. */
final class OriginPolicy implements Handler<RoutingContext> {
    private static final List<String> APP_SCHEMES = List.of("app://*", "file://*", "tauri://*", "vscode-webview://*",
            "vscode-file://*");
    private static final String METHODS = "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS";
    /** The last ones are what OpenAI's client sends. */
    private static final String HEADERS = "Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,"
            + "X-Stainless-Arch,X-Stainless-Async,X-Stainless-Custom-Poll-Interval,X-Stainless-Helper-Method,"
            + "X-Stainless-Lang,X-Stainless-Os,X-Stainless-Package-Version,X-Stainless-Poll-Helper,"
            + "X-Stainless-Retry-Count,X-Stainless-Runtime,X-Stainless-Runtime-Version,X-Stainless-Timeout";

    private final List<String> patterns;
    private final boolean all;

    /**
     * Sets the policy.
     *
     * @param origins
     *            allowed beside the default ones; at most one {@code *} in each
     */
    OriginPolicy(List<String> origins) {
        patterns = new ArrayList<>(origins);
        for (String host : List.of("localhost", "127.0.0.1", "0.0.0.0")) {
            for (String scheme : List.of("http://", "https://")) {
                patterns.add(scheme + host);
                patterns.add(scheme + host + ":*");
            }
        }
        patterns.addAll(APP_SCHEMES);
        all = origins.contains("*");
    }

    @Override
    public void handle(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        String origin = request.getHeader("Origin");
        if (origin == null || origin.isEmpty() || isOwn(origin, request.getHeader("Host"))) {
            routing.next();
            return;
        }
        if (!all && patterns.stream().noneMatch(pattern -> matches(pattern, origin))) {
            Responses.empty(routing, 403);
            return;
        }
        HttpServerResponse response = routing.response();
        response.putHeader("Access-Control-Allow-Origin", all ? "*" : origin);
        if (!all) {
            response.putHeader("Vary", "Origin");
        }
        if (request.method().equals(HttpMethod.OPTIONS)) {
            response.putHeader("Access-Control-Allow-Methods", METHODS)
                    .putHeader("Access-Control-Allow-Headers", HEADERS).putHeader("Access-Control-Max-Age", "43200");
            Responses.empty(routing, 204);
            return;
        }
        routing.next();
    }

    private static boolean isOwn(String origin, String host) {
        return origin.equals("http://" + host) || origin.equals("https://" + host);
    }

    private static boolean matches(String pattern, String origin) {
        int star = pattern.indexOf('*');
        if (star < 0) {
            return pattern.equals(origin);
        }
        String head = pattern.substring(0, star);
        String tail = pattern.substring(star + 1);
        return origin.length() >= head.length() + tail.length() && origin.startsWith(head) && origin.endsWith(tail);
    }
}
