package io.github.jnpu.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** A socket to a server, for clients that no library would be. */
final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 300_000;

    private final Socket socket;

    RawClient(int port) throws IOException {
        socket = new Socket();
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.connect(new InetSocketAddress("127.0.0.1", port), TIMEOUT_MILLIS);
    }

    RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
        return this;
    }

    RawClient post(String path, String body) throws IOException {
        return send("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s".formatted(path, body.getBytes(
                StandardCharsets.UTF_8).length, body));
    }

    InputStream in() throws IOException {
        return socket.getInputStream();
    }

    /** Waits for the first bytes. */
    String some() throws IOException {
        byte[] bytes = new byte[4096];
        int count = in().read(bytes);
        return new String(bytes, 0, Math.max(0, count), StandardCharsets.UTF_8);
    }

    /** Everything until the server closes the connection. */
    String rest() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            in().transferTo(all);
        } catch (SocketException e) {
            // A connection with unread bytes on it is reset, which is closing, too.
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
