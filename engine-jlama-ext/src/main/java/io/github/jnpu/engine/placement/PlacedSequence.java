package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.CheckedSequence;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.Stage;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One text on the devices of its stages. Each device holds what it has computed itself; before it goes on, keys and values that others have
 * computed meanwhile are copied to it through the heap, or computed again where a device keeps them to itself.
 */
final class PlacedSequence extends CheckedSequence {
    private static final Logger LOGGER = System.getLogger(PlacedSequence.class.getName());
    /** Positions that are copied at once: some megabytes. */
    private static final int CHUNK = 256;
    private static final int FIRST_TOKENS = 512;

    private record Held(PlacedEngine engine, DecoderSequence sequence) {}

    private final PlacedDecoder decoder;
    private final ModelConfig config;
    private final List<Held> held = new ArrayList<>();
    /** The text, so that it can be run again. */
    private int[] tokens = new int[FIRST_TOKENS];
    private boolean closed;

    PlacedSequence(PlacedDecoder decoder, int capacity) {
        super(decoder.graph(), capacity);
        this.decoder = decoder;
        this.config = decoder.graph().config();
        // What cannot be had is said now rather than at the first token.
        held(decoder.engine(Stage.PREFILL));
        held(decoder.engine(Stage.DECODE));
    }

    @Override
    protected void run(Stage stage, int[] source, int from, int count, float[] stream, float[] logits,
            int logitRows) {
        int length = length();
        remember(source, from, count, length);
        while (true) {
            PlacedEngine engine = decoder.engine(stage);
            try {
                DecoderSequence sequence = held(engine);
                catchUp(stage, engine, sequence, length);
                long start = System.nanoTime();
                sequence.forward(stage, source, from, count, stream, logits);
                decoder.activity(stage).ran(count, System.nanoTime() - start);
                dropRetired();
                return;
            } catch (BackendException | LinkageError e) {
                decoder.replace(engine, e);
            }
        }
    }

    /** The text on the device that decodes it together with others, up to here. */
    DecoderSequence prepareNext(PlacedEngine engine, int token) {
        requireNext(token);
        remember(new int[]{token}, 0, 1, length());
        DecoderSequence sequence = held(engine);
        catchUp(Stage.DECODE, engine, sequence, length());
        return sequence;
    }

    /** The token of {@link #prepareNext} has gone in. */
    void addNext() {
        counted();
        dropRetired();
    }

    private void remember(int[] source, int from, int count, int length) {
        if (length + count > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(length + count, Math.min(2 * tokens.length, capacity())));
        }
        System.arraycopy(source, from, tokens, length, count);
    }

    private DecoderSequence held(PlacedEngine engine) {
        for (Held each : held) {
            if (each.engine == engine) {
                return each.sequence;
            }
        }
        DecoderSequence sequence = engine.open(capacity());
        held.add(new Held(engine, sequence));
        return sequence;
    }

    private void catchUp(Stage stage, PlacedEngine engine, DecoderSequence sequence, int length) {
        if (sequence.length() == length) {
            return;
        }
        for (Held other : held) {
            if (other.sequence != sequence && other.sequence.length() >= length && other.sequence.sharesCache()
                    && sequence.sharesCache()) {
                try {
                    move(stage, other.sequence, sequence, length);
                    return;
                } catch (BackendException e) {
                    LOGGER.log(Level.INFO, "the KV cache cannot be fetched from {0}, so {1} tokens run again: {2}",
                            other.engine.division(), length - sequence.length(), e.getMessage());
                }
            }
        }
        int missing = length - sequence.length();
        long start = System.nanoTime();
        sequence.forward(Stage.PREFILL, tokens, sequence.length(), missing, null, null);
        decoder.activity(Stage.PREFILL).ran(missing, System.nanoTime() - start);
        LOGGER.log(Level.DEBUG, "{0} tokens run again on {1}", missing, engine.division());
    }

    private void move(Stage stage, DecoderSequence from, DecoderSequence to, int length) {
        long start = System.nanoTime();
        int first = to.length();
        int chunk = Math.min(CHUNK, length - first);
        float[] keys = new float[chunk * config.keyValueHeads() * config.keyLength()];
        float[] values = new float[chunk * config.keyValueHeads() * config.valueLength()];
        for (int at = first; at < length; at += chunk) {
            int count = Math.min(chunk, length - at);
            for (int layer = 0; layer < config.layers(); layer++) {
                from.readCache(layer, at, count, keys, values);
                to.writeCache(layer, at, count, keys, values);
            }
        }
        to.advance(length);
        long bytes = (long) Float.BYTES * (length - first) * config.layers() * config.keyValueHeads()
                * (config.keyLength() + config.valueLength());
        decoder.activity(stage).moved(length - first, bytes, System.nanoTime() - start);
    }

    /** What has failed is of no more use when the text is held elsewhere. */
    private void dropRetired() {
        if (held.size() < 2 || !decoder.hasReplaced()) {
            return;
        }
        held.removeIf(each -> {
            boolean unused = !decoder.uses(each.engine);
            if (unused) {
                each.engine.close(each.sequence);
            }
            return unused;
        });
    }

    @Override
    public void truncate(int newLength) {
        super.truncate(newLength);
        for (Held each : held) {
            each.sequence.truncate(Math.min(newLength, each.sequence.length()));
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            held.forEach(each -> each.engine.close(each.sequence));
            held.clear();
        }
    }
}
