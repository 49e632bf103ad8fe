package io.github.jnpu.engine.registry;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** The next bytes of another stream, as many as were agreed and no more. */
final class BoundedStream extends FilterInputStream {
    private final long size;
    private final BooleanSupplier cancelled;
    private final LongConsumer progress;
    private long done;

    BoundedStream(InputStream in, long size, BooleanSupplier cancelled, LongConsumer progress) {
        super(in);
        this.size = size;
        this.cancelled = cancelled;
        this.progress = progress;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (done == size) {
            return -1;
        }
        if (cancelled.getAsBoolean()) {
            throw new InterruptedIOException("request canceled");
        }
        int count = super.read(bytes, offset, (int) Math.min(length, size - done));
        if (count > 0) {
            done += count;
            progress.accept(done);
        }
        return count;
    }
}
