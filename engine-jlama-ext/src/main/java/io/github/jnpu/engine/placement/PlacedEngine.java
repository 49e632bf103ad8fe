package io.github.jnpu.engine.placement;

import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.MemoryEstimate;

import java.lang.System.Logger.Level;
import java.util.Optional;

/**
 * A compiled network on its devices. It is closed by its owner, or, when it has failed, as soon as no sequence is left that its KV cache may be
 * fetched from.
 */
final class PlacedEngine {
    private final Division division;
    private final Decoder decoder;
    private final MemoryEstimate memory;
    private final Optional<String> selfCheck;
    private int sequences;
    private boolean retired;
    private boolean closed;

    PlacedEngine(Division division, Decoder decoder, MemoryEstimate memory, Optional<String> selfCheck) {
        this.division = division;
        this.decoder = decoder;
        this.memory = memory;
        this.selfCheck = selfCheck;
    }

    Division division() {
        return division;
    }

    Decoder decoder() {
        return decoder;
    }

    MemoryEstimate memory() {
        return memory;
    }

    Optional<String> selfCheck() {
        return selfCheck;
    }

    DecoderSequence open(int capacity) {
        DecoderSequence sequence = decoder.newSequence(capacity);
        sequences++;
        return sequence;
    }

    void close(DecoderSequence sequence) {
        sequences--;
        try {
            sequence.close();
        } catch (RuntimeException e) {
            report(e);
        }
        closeIfUnused();
    }

    /** It has failed: nothing new runs on it. */
    void retire() {
        retired = true;
        closeIfUnused();
    }

    private void closeIfUnused() {
        if (retired && sequences == 0) {
            close();
        }
    }

    /** Idempotent; a device that has failed may fail here too, which is said and changes nothing. */
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            decoder.close();
        } catch (RuntimeException e) {
            if (!retired) {
                throw e;
            }
            report(e);
        }
    }

    private void report(RuntimeException e) {
        System.getLogger(PlacedDecoder.class.getName()).log(Level.WARNING, "{0}: {1}", division, e.getMessage());
    }
}
