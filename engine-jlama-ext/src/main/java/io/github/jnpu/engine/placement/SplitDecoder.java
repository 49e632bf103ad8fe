package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.CheckedSequence;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.Stage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A network in parts, each on a device of its own, one after the other. The residual stream goes from one to the next through the heap. */
final class SplitDecoder implements Decoder {
    private final DecoderGraph graph;
    private final List<Decoder> parts;
    private final int[] caches;
    private final float[] stream;
    private final int maxBatch;

    /**
     * @param graph
     *            the whole
     * @param parts
     *            decoders of {@link Division#part}; they are closed with this one
     */
    SplitDecoder(DecoderGraph graph, Division division, List<Decoder> parts, DecoderOptions options) {
        this.graph = graph;
        this.parts = List.copyOf(parts);
        this.caches = division.shares().stream().mapToInt(share -> division.part(graph, share).config().layers())
                .toArray();
        this.maxBatch = options.maxBatch();
        this.stream = new float[Math.multiplyExact(maxBatch, graph.config().embeddingLength())];
    }

    /** A text that all parts hold, each its layers of it. */
    private final class SplitSequence extends CheckedSequence {
        private final List<DecoderSequence> sequences = new ArrayList<>();

        private SplitSequence(int capacity) {
            super(graph, capacity);
            try {
                for (Decoder part : parts) {
                    sequences.add(part.newSequence(capacity));
                }
            } catch (RuntimeException | Error e) {
                close();
                throw e;
            }
        }

        @Override
        protected void run(Stage stage, int[] tokens, int from, int count, float[] noStream, float[] logits,
                int logitRows) {
            // A part that failed the last time may have left the ones before it ahead.
            truncateParts(length());
            int firstLogitToken = count - logitRows;
            for (int done = 0; done < count;) {
                int size = Math.min(maxBatch, count - done);
                int rows = Math.clamp(done + size - firstLogitToken, 0, size);
                float[] target = rows == logitRows ? logits : new float[rows * vocabularySize()];
                for (DecoderSequence part : sequences) {
                    part.forward(stage, tokens, from + done, size, stream,
                            part == sequences.getLast() && rows > 0 ? target : null);
                }
                if (target != logits) {
                    System.arraycopy(target, 0, logits, Math.max(0, done - firstLogitToken) * vocabularySize(),
                            target.length);
                }
                done += size;
            }
        }

        private void truncateParts(int length) {
            for (DecoderSequence part : sequences) {
                part.truncate(Math.min(length, part.length()));
            }
        }

        @Override
        public void truncate(int newLength) {
            super.truncate(newLength);
            truncateParts(newLength);
        }

        @Override
        public boolean sharesCache() {
            return sequences.stream().allMatch(DecoderSequence::sharesCache);
        }

        @Override
        public void readCache(int layer, int from, int count, float[] keys, float[] values) {
            requireHeld(from, count);
            int part = partOf(layer);
            sequences.get(part).readCache(layer - firstCache(part), from, count, keys, values);
        }

        @Override
        public void writeCache(int layer, int from, int count, float[] keys, float[] values) {
            requireFree(from, count);
            int part = partOf(layer);
            sequences.get(part).writeCache(layer - firstCache(part), from, count, keys, values);
        }

        @Override
        public void advance(int newLength) {
            super.advance(newLength);
            sequences.forEach(part -> part.advance(newLength));
        }

        @Override
        public void close() {
            sequences.forEach(DecoderSequence::close);
        }
    }

    private int partOf(int layer) {
        int part = 0;
        for (int first = 0; layer >= first + caches[part]; part++) {
            first += caches[part];
        }
        return part;
    }

    private int firstCache(int part) {
        return Arrays.stream(caches, 0, part).sum();
    }

    @Override
    public DecoderSequence newSequence(int capacity) {
        return new SplitSequence(capacity);
    }

    @Override
    public int threads() {
        return parts.stream().mapToInt(Decoder::threads).max().orElse(1);
    }

    @Override
    public String precision() {
        return parts.stream().map(Decoder::precision).filter(text -> !text.isEmpty()).distinct()
                .collect(Collectors.joining(" and "));
    }

    @Override
    public Optional<NodeCounts> nodes() {
        return parts.stream().map(Decoder::nodes).flatMap(Optional::stream).reduce((left, right) -> new NodeCounts(
                left.onDevice() + right.onDevice(), left.elsewhere() + right.elsewhere()));
    }

    @Override
    public long cacheBytesPerToken() {
        return parts.stream().mapToLong(Decoder::cacheBytesPerToken).sum();
    }

    @Override
    public long bufferBytes() {
        return (long) stream.length * Float.BYTES + parts.stream().mapToLong(Decoder::bufferBytes).sum();
    }

    @Override
    public void close() {
        parts.forEach(Decoder::close);
    }
}
