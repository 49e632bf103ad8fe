package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.onnx.OnnxModel;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.onnxruntime.capi.Allocator;
import io.github.jnpu.engine.backend.onnxruntime.capi.IoBinding;
import io.github.jnpu.engine.backend.onnxruntime.capi.OnnxRuntimeException;
import io.github.jnpu.engine.backend.onnxruntime.capi.Session;

import java.util.Optional;

/**
 * Keys and values of one sequence: two tensors for each layer. Each is what goes into a run as past and what comes out of it as
 * present, so that nothing is copied for a token, and on a device nothing leaves it. They double when they are full: a long context costs nothing until
 * it is used.
 */
final class KeyValueTensors implements AutoCloseable {
    /** The first capacity; larger ones are this times a power of two, as far as the sequence's own capacity does not end them. */
    private static final int FIRST_POSITIONS = 512;
    /** A cache line of floats. */
    private static final int ROUNDING = 16;

    private final int heads;
    private final int width;
    private final int capacity;
    private final Optional<Allocator> device;
    private final IoBinding binding;
    private final String[] pastNames;
    private final String[] presentNames;
    private final CacheTensor[] tensors;
    private int positions;

    /**
     * @param device
     *            gives the device's memory; empty for ours
     */
    KeyValueTensors(ModelConfig config, Session session, Optional<Allocator> device, int capacity) {
        this.heads = config.keyValueHeads();
        this.width = config.keyLength();
        this.capacity = capacity;
        this.device = device;
        this.tensors = new CacheTensor[2 * config.layers()];
        this.pastNames = new String[tensors.length];
        this.presentNames = new String[tensors.length];
        for (int layer = 0; layer < config.layers(); layer++) {
            pastNames[2 * layer] = OnnxModel.pastKey(layer);
            pastNames[2 * layer + 1] = OnnxModel.pastValue(layer);
            presentNames[2 * layer] = OnnxModel.presentKey(layer);
            presentNames[2 * layer + 1] = OnnxModel.presentValue(layer);
        }
        this.binding = new IoBinding(session);
    }

    /** How many positions memory is taken for when a sequence of some capacity holds some tokens. */
    static long roundedCapacity(int length, int capacity) {
        long positions = FIRST_POSITIONS;
        while (positions < length) {
            positions *= 2;
        }
        return Math.min(positions, Math.ceilDiv(capacity, ROUNDING) * (long) ROUNDING);
    }

    /** What runs of this sequence read and write: these tensors, and what the run itself brings. */
    IoBinding binding() {
        return binding;
    }

    /** Makes sure that there is room for every position below {@code length}; {@code used} of them are kept. */
    void reserve(int length, int used) {
        if (length <= positions) {
            return;
        }
        int wanted = Math.toIntExact(roundedCapacity(length, capacity));
        CacheTensor[] grown = new CacheTensor[tensors.length];
        try {
            for (int i = 0; i < tensors.length; i++) {
                grown[i] = device.isPresent()
                        ? CacheTensor.onDevice(device.get(), heads, wanted, width)
                        : CacheTensor.onHost(heads, wanted, width);
                if (used > 0) {
                    tensors[i].copyTo(grown[i], used);
                }
            }
            for (int i = 0; i < tensors.length; i++) {
                binding.keepInput(pastNames[i], grown[i].value());
                binding.keepOutput(presentNames[i], grown[i].value());
            }
        } catch (OutOfMemoryError e) {
            close(grown);
            throw new BackendException(
                    "no memory for the KV cache beyond %d tokens; use a shorter context (num_ctx)".formatted(positions),
                    e);
        } catch (OnnxRuntimeException e) {
            close(grown);
            throw e.whileDoing("give the KV cache room beyond %d tokens".formatted(positions));
        }
        close(tensors);
        System.arraycopy(grown, 0, tensors, 0, tensors.length);
        positions = wanted;
    }

    /** Copies some positions of a layer out, as [positions][heads][width]. */
    void read(int layer, int from, int count, float[] keys, float[] values) {
        if (count > 0) {
            tensors[2 * layer].read(from, count, keys);
            tensors[2 * layer + 1].read(from, count, values);
        }
    }

    /** Writes some, for which there is room. */
    void write(int layer, int from, int count, float[] keys, float[] values) {
        tensors[2 * layer].write(from, count, keys);
        tensors[2 * layer + 1].write(from, count, values);
    }

    /** May be closed twice. */
    @Override
    public void close() {
        binding.close();
        close(tensors);
    }

    private static void close(CacheTensor[] tensors) {
        for (int i = 0; i < tensors.length; i++) {
            if (tensors[i] != null) {
                tensors[i].close();
                tensors[i] = null;
            }
        }
    }
}
