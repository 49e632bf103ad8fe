package io.github.jnpu.engine.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.jnpu.engine.store.Digest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** A registry on this machine, with a second port as the host that blobs may be redirected to, and faults on demand. */
public final class TestRegistry implements AutoCloseable {
    public static final String REPOSITORY = "/v2/ns/m/";
    private static final byte[] ED25519_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

    /** What happens to a request for a blob. */
    public enum Fault {
        TOO_MANY_REQUESTS,
        SERVER_ERROR,
        CUT,
        STALL
    }

    /** A request as it came. */
    public record Seen(String method, String path, String range, String authorization, boolean atBlobHost) {}

    private final HttpServer server;
    private final HttpServer blobHost;
    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final Map<String, byte[]> manifests = new ConcurrentHashMap<>();
    private final Map<String, ByteArrayOutputStream> uploads = new ConcurrentHashMap<>();
    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final List<Seen> seen = new CopyOnWriteArrayList<>();
    private final AtomicLong blobBytes = new AtomicLong();

    public volatile boolean redirects;
    public volatile boolean ignoresRanges;
    public volatile boolean corrupts;
    public volatile boolean wantsToken;
    public volatile String foreignRealm;
    /** Between 64 KB each. */
    public volatile Duration pace = Duration.ZERO;

    public TestRegistry() throws IOException {
        server = start(this::handle);
        blobHost = start(exchange -> {
            record(exchange, true);
            blob(exchange, last(exchange));
        });
    }

    private static HttpServer start(com.sun.net.httpserver.HttpHandler handler) throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/", exchange -> {
            try (exchange) {
                handler.handle(exchange);
            }
        });
        http.start();
        return http;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** The name of a model here. */
    public String name(String tag) {
        return "127.0.0.1:%d/ns/m:%s".formatted(port(), tag);
    }

    public RegistryReference reference(String tag) {
        return RegistryReference.parse(name(tag), true).orElseThrow();
    }

    /** Adds a blob and gives its digest. */
    public Digest add(byte[] content) {
        Digest digest = Digest.of(content);
        blobs.put(digest.toString(), content);
        return digest;
    }

    public void addManifest(String tag, String json) {
        manifests.put(tag, json.getBytes(StandardCharsets.UTF_8));
    }

    public byte[] manifest(String tag) {
        return manifests.get(tag);
    }

    public boolean has(String digest) {
        return blobs.containsKey(digest);
    }

    /** The next requests for blobs go wrong like this. */
    public void fail(Fault... next) {
        faults.addAll(List.of(next));
    }

    public List<Seen> seen() {
        return List.copyOf(seen);
    }

    /** Bytes of blobs that were sent. */
    public long blobBytes() {
        return blobBytes.get();
    }

    /** Bytes of blobs that were asked for. */
    public long requestedBytes() {
        return seen.stream().filter(request -> request.range() != null).mapToLong(request -> {
            String[] ends = request.range().substring("bytes=".length()).split("-");
            return Long.parseLong(ends[1]) + 1 - Long.parseLong(ends[0]);
        }).sum();
    }

    public void forget() {
        seen.clear();
        blobBytes.set(0);
    }

    private void record(HttpExchange exchange, boolean atBlobHost) {
        seen.add(new Seen(exchange.getRequestMethod(), exchange.getRequestURI().getPath(), exchange.getRequestHeaders()
                .getFirst("Range"), exchange.getRequestHeaders().getFirst("Authorization"), atBlobHost));
    }

    private static String last(HttpExchange exchange) {
        String path = exchange.getRequestURI().getPath();
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private void handle(HttpExchange exchange) throws IOException {
        record(exchange, false);
        String path = exchange.getRequestURI().getPath();
        if (path.equals("/token")) {
            token(exchange);
        } else if (wantsToken && !"Bearer secret".equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            String realm = foreignRealm == null ? "http://127.0.0.1:%d/token".formatted(port()) : foreignRealm;
            exchange.getResponseHeaders().add("WWW-Authenticate",
                    "Bearer realm=\"%s\",service=\"test\",scope=\"repository:ns/m:pull\"".formatted(realm));
            answer(exchange, 401, "{}");
        } else if (path.startsWith(REPOSITORY + "manifests/")) {
            manifest(exchange, last(exchange));
        } else if (path.startsWith(REPOSITORY + "blobs/uploads/")) {
            upload(exchange);
        } else if (path.startsWith(REPOSITORY + "blobs/")) {
            if (redirects && exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseHeaders().add("Location", "http://127.0.0.1:%d/signed/%s".formatted(blobHost
                        .getAddress().getPort(), last(exchange)));
                answer(exchange, 307, "");
            } else {
                blob(exchange, last(exchange));
            }
        } else {
            answer(exchange, 404, "nothing here");
        }
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private void manifest(HttpExchange exchange, String tag) throws IOException {
        if (exchange.getRequestMethod().equals("PUT")) {
            manifests.put(tag, exchange.getRequestBody().readAllBytes());
            answer(exchange, 201, "");
            return;
        }
        byte[] json = manifests.get(tag);
        if (json == null) {
            answer(exchange, 404, "{\"errors\":[]}");
            return;
        }
        exchange.sendResponseHeaders(200, json.length);
        exchange.getResponseBody().write(json);
    }

    private void blob(HttpExchange exchange, String digest) throws IOException {
        byte[] content = blobs.get(digest);
        if (content == null) {
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        Fault fault = faults.poll();
        if (fault == Fault.TOO_MANY_REQUESTS) {
            exchange.getResponseHeaders().add("Retry-After", "1");
            answer(exchange, 429, "slow down");
            return;
        }
        if (fault == Fault.SERVER_ERROR) {
            answer(exchange, 500, "oh");
            return;
        }
        int from = 0;
        int to = content.length;
        String range = exchange.getRequestHeaders().getFirst("Range");
        if (range != null && !ignoresRanges) {
            String[] ends = range.substring("bytes=".length()).split("-");
            from = Integer.parseInt(ends[0]);
            to = Integer.parseInt(ends[1]) + 1;
            exchange.getResponseHeaders().add("Content-Range", "bytes %d-%d/%d".formatted(from, to - 1,
                    content.length));
        }
        exchange.sendResponseHeaders(range != null && !ignoresRanges ? 206 : 200, to - from);
        byte[] bytes = Arrays.copyOfRange(content, from, to);
        if (corrupts) {
            bytes[bytes.length / 2] ^= 1;
        }
        send(exchange.getResponseBody(), fault == null ? bytes : Arrays.copyOf(bytes, bytes.length / 2));
        if (fault == Fault.STALL) {
            sleep(Duration.ofSeconds(20));
        }
    }

    private void send(OutputStream out, byte[] bytes) throws IOException {
        for (int i = 0; i < bytes.length; i += 1 << 16) {
            int count = Math.min(1 << 16, bytes.length - i);
            out.write(bytes, i, count);
            out.flush();
            blobBytes.addAndGet(count);
            sleep(pace);
        }
    }

    private static void sleep(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void upload(HttpExchange exchange) throws IOException {
        String id = last(exchange);
        switch (exchange.getRequestMethod()) {
            case "POST" -> {
                String made = Integer.toString(uploads.size() + 1);
                uploads.put(made, new ByteArrayOutputStream());
                exchange.getResponseHeaders().add("Docker-Upload-Location", REPOSITORY + "blobs/uploads/" + made);
                answer(exchange, 202, "");
            }
            case "PATCH" -> {
                Fault fault = faults.poll();
                byte[] part = exchange.getRequestBody().readAllBytes();
                if (fault != null) {
                    answer(exchange, 503, "busy");
                    return;
                }
                uploads.get(id).write(part);
                exchange.getResponseHeaders().add("Location", REPOSITORY + "blobs/uploads/" + id);
                answer(exchange, 202, "");
            }
            default -> {
                String digest = Arrays.stream(exchange.getRequestURI().getQuery().split("&"))
                        .filter(part -> part.startsWith("digest=")).findFirst().orElseThrow().substring(7);
                byte[] content = uploads.remove(id).toByteArray();
                if (Digest.of(content).toString().equals(digest)) {
                    blobs.put(digest, content);
                    answer(exchange, 201, "");
                } else {
                    answer(exchange, 400, "digest invalid");
                }
            }
        }
    }

    /** Gives a token to whoever signs rightly, as Ollama's clients do. */
    private void token(HttpExchange exchange) throws IOException {
        String authorization = exchange.getRequestHeaders().getFirst("Authorization");
        boolean right = authorization != null && verify(authorization, exchange.getRequestURI());
        answer(exchange, right ? 200 : 401, right ? "{\"token\":\"secret\"}" : "{}");
    }

    private boolean verify(String authorization, URI uri) {
        try {
            String[] parts = authorization.split(":");
            byte[] blob = Base64.getDecoder().decode(parts[0]);
            byte[] key = Arrays.copyOfRange(blob, blob.length - 32, blob.length);
            byte[] encoded = Arrays.copyOf(ED25519_PREFIX, ED25519_PREFIX.length + 32);
            System.arraycopy(key, 0, encoded, ED25519_PREFIX.length, 32);
            Signature signature = Signature.getInstance("Ed25519");
            signature.initVerify(KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));
            String emptyBody = Base64.getEncoder().encodeToString(Digest.of(new byte[0]).hex().getBytes(
                    StandardCharsets.US_ASCII));
            signature.update("GET,http://127.0.0.1:%d%s,%s".formatted(port(), uri, emptyBody).getBytes(
                    StandardCharsets.UTF_8));
            return signature.verify(Base64.getDecoder().decode(parts[1]));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public void close() {
        server.stop(0);
        blobHost.stop(0);
    }
}
