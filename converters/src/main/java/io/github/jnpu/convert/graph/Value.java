package io.github.jnpu.convert.graph;

/**
 * An edge of a {@link DecoderGraph}: a float matrix of one row per token and {@code width} columns.
 *
 * @param id
 *            unique in its graph, from 0 without gaps, so that a backend can keep buffers in an array
 * @param name
 *            for messages and for the names of printed graphs, for example {@code blk.0.attn_q}
 */
public record Value(int id, String name, int width) {
    @Override
    public String toString() {
        return "%s[%d]".formatted(name, width);
    }
}
